// ---- the component: one map per mount, brought up to date by every rerun ------------------------------------------

const maps = new WeakMap();
const views = new Map();
const MOST_RINGED = 400;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let map = maps.get(parentElement);
  if (!map) {
    map = newMap(parentElement);
    maps.set(parentElement, map);
  }
  map.act = (action) => setTriggerValue("action", { ...action, run_id: data.run_id });
  update(map, data);
  return () => {
    map.leaving.forEach((leave) => leave());
    maps.delete(parentElement);
  };
}

function newMap(parent) {
  const map = {
    parts: partsOf(parent),
    stage: { width: 0, height: 0, density: 1 },
    camera: null,
    home: null,
    points: null,
    ids: null,
    clusters: [],
    nameOf: new Map(),
    labels: [],
    kept: null,
    selection: null,
    selectedHere: null,
    highlighted: [],
    query: null,
    hovered: null,
    cursor: null,
    hoverCluster: null,
    carded: null,
    mode: "hand",
    pointers: new Map(),
    figure: { type: null, camera: null, busy: false },
    leaving: [],
  };
  map.redraw = () => (map.frame ??= requestAnimationFrame(() => drawFrame(map)));
  map.restyle = () => restyle(map);
  map.parts.root.whereIs = (position) => whereIs(map, position);
  map.parts.figure.addEventListener("webglcontextlost", () => giveUpFigure(map), true);
  listen(map);
  listenToControls(map);
  const observer = new ResizeObserver(() => resized(map));
  observer.observe(map.parts.stage);
  map.leaving.push(() => leaveMap(map, observer));
  return map;
}

/** A point's place in the window, in pixels, for scripts that drive the page. */
function whereIs(map, position) {
  const box = map.parts.stage.getBoundingClientRect();
  return {
    x: box.left + screenX(map.camera, map.stage, map.points.x[position]),
    y: box.top + screenY(map.camera, map.stage, map.points.y[position]),
  };
}

function partsOf(parent) {
  const one = (name) => parent.querySelector(`[data-part="${name}"]`);
  const names = ["root", "stage", "figure", "points", "surface", "labels", "toolbar", "legend", "legendToggle"];
  names.push("legendTitle", "list", "more", "card", "frame", "picture", "cardDot", "cardName", "live", "message");
  const parts = Object.fromEntries(names.map((name) => [name, one(name)]));
  parts.modes = [...parts.toolbar.querySelectorAll("[data-mode]")];
  return parts;
}

function leaveMap(map, observer) {
  observer.disconnect();
  cancelAnimationFrame(map.frame);
  clearTimeout(map.restTimer);
  if (window.Plotly && map.figure.camera) window.Plotly.purge(map.parts.figure);
}

function listenToControls(map) {
  const { toolbar, legend, labels, legendToggle } = map.parts;
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.mode) setMode(map, button.dataset.mode);
    if (button?.dataset.zoom === "in") zoomStep(map, 1.6);
    if (button?.dataset.zoom === "out") zoomStep(map, 1 / 1.6);
    if (button?.dataset.zoom === "reset") resetView(map);
  });
  legendToggle.addEventListener("click", () => {
    const home = atHome(map);
    setLegendOpen(map, !map.legendOpen);
    remember(map);
    map.home = homeOf(map);
    if (home) glide(map, map.home);
  });
  for (const area of [legend, labels]) {
    area.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-cluster]");
      if (chosen) pickCluster(map, Number(chosen.dataset.cluster), operation(event));
    });
    area.addEventListener("pointerover", (event) => {
      const over = event.target.closest("[data-cluster]");
      raiseCluster(map, over ? Number(over.dataset.cluster) : null);
    });
    area.addEventListener("pointerleave", () => raiseCluster(map, null));
    area.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) raiseCluster(map, Number(event.target.dataset.cluster ?? NaN));
    });
    area.addEventListener("focusout", () => raiseCluster(map, null));
  }
  labels.addEventListener("wheel", (event) => wheeled(map, event), { passive: false });
}

function raiseCluster(map, cluster) {
  const next = Number.isNaN(cluster) ? null : cluster;
  if (next === map.hoverCluster) return;
  map.hoverCluster = next;
  for (const entry of map.parts.legend.querySelectorAll(".entry")) {
    entry.classList.toggle("raised", next !== null && Number(entry.dataset.cluster) === next);
  }
  restyle(map);
}

/** Bring the map up to what Python says; what it said before costs nothing. */
function update(map, data) {
  map.parts.root.style.setProperty("--map-height", data.height);
  map.token = data.token;
  map.palette = data.palette;
  map.shown ??= {};
  const address = `${data.run_id}/${data.version}`;
  const theme = themeOf(map);
  const recoloured = theme.key !== map.theme?.key;
  map.theme = theme;
  if (address !== map.shown.address) {
    map.shown.address = address;
    bringPoints(map, data, address);
  } else if (map.points) {
    takeMarks(map, data);
    takeClusters(map, data);
    if (recoloured) recolour(map);
  }
  map.data = data;
}

async function bringPoints(map, data, address) {
  map.parts.root.setAttribute("aria-busy", "true");
  let points;
  try {
    points = await loadPoints(data.run_id, data.version);
  } catch (error) {
    map.shown.address = null;
    map.parts.message.textContent = "The map could not be loaded. Reload the page to try again.";
    console.error(error);
    return;
  }
  if (map.shown.address !== address) return;
  map.parts.message.textContent = "";
  startMap(map, map.data, points);
  map.parts.root.removeAttribute("aria-busy");
}

function startMap(map, data, points) {
  const sameRun = map.runId === data.run_id;
  map.runId = data.run_id;
  map.points = points;
  map.group = colourGroups(points);
  map.noiseCount = points.cluster.reduce((count, cluster) => count + (cluster === NOISE), 0);
  map.figure.type = traceTypeFor(points.count);
  map.figure.camera = null;
  map.hovered = map.cursor = map.hoverCluster = null;
  hideCard(map);
  measure(map);
  const view = views.get(map.runId);
  setLegendOpen(map, view?.legendOpen ?? map.stage.width >= NARROW);
  map.clustersKey = null;
  takeMarks(map, data);
  takeClusters(map, data);
  map.home = homeOf(map);
  if (!sameRun || !map.camera) map.camera = view?.camera ?? map.home;
  recolour(map);
  map.ids = null;
  requestIdle(() => idsOf(map));
}

function requestIdle(work) {
  if (window.requestIdleCallback) window.requestIdleCallback(work, { timeout: 300 });
  else setTimeout(work);
}

function takeClusters(map, data) {
  const key = JSON.stringify(data.clusters);
  if (key === map.clustersKey) return;
  map.clustersKey = key;
  map.clusters = data.clusters.map(([id, name, size]) => ({ id, name, size }));
  map.nameOf = new Map(map.clusters.map((cluster) => [cluster.id, cluster.name]));
  buildLegend(map);
  if (map.look) colourDots(map);
  requestIdle(() => {
    buildLabels(map);
    map.redraw();
  });
}

function takeMarks(map, data) {
  if (data.kept !== map.shown.kept) {
    map.shown.kept = data.kept;
    map.kept = unpackedBits(data.kept, map.points.count);
  }
  const here = map.selectedHere;
  map.sequence = data.sequence;
  if (!here || here.sequence !== data.sequence || performance.now() - here.at > 3000) {
    map.selectedHere = null;
    map.selection = unpackedBits(data.selection, map.points.count);
  }
  map.highlighted = data.highlighted;
  if (data.query !== map.shown.query) map.query = map.shown.query = data.query;
  restyle(map);
}

// ---- colours and styles

function themeOf(map) {
  const style = getComputedStyle(map.parts.root);
  const value = (name) => style.getPropertyValue(name).trim();
  const [background, text, accent] = ["--st-background-color", "--st-text-color", "--st-primary-color"].map(value);
  const packed = packedColour(background);
  const dark = (packed & 255) * 0.3 + ((packed >> 8) & 255) * 0.59 + (packed >> 16) * 0.11 < 128;
  return { background, text, accent, dark, key: [background, text, accent].join() };
}

function recolour(map) {
  map.figure.camera = null;
  refreshLook(map);
  colourDots(map);
  restyle(map);
  map.parts.root.classList.toggle("dark", map.theme.dark);
  rest(map, 0);
}

/** Sizes by number of points, stage and zoom; colours by theme. Packed colours are 0xBBGGRR. */
function refreshLook(map) {
  const { theme, points, stage } = map;
  const names = theme.dark ? map.palette.dark : map.palette.light;
  const zoom = map.home ? clamp((map.camera.scale / map.home.scale) ** 0.3, 1, 2.4) : 1;
  const room = clamp(Math.sqrt(Math.min(stage.width, stage.height) / 700), 0.8, 1.35);
  const base = clamp(5 * (10_000 / Math.max(points.count, 1)) ** 0.21, 2.4, 9);
  map.look = {
    size: Math.round(base * zoom * room * 4) / 4,
    outlined: points.count <= MOST_SVG_POINTS,
    ring: clamp(base * 0.3, 1.4, 2.75),
    alphas: [theme.dark ? 34 : 30, 72, points.count > 30_000 ? 168 : 218],
    names,
    colours: names.map(packedColour),
    background: packedColour(theme.background),
    backgroundName: theme.background,
    accent: packedColour(theme.accent),
    accentName: theme.accent,
    textName: theme.text,
  };
}

function colourDots(map) {
  for (const dot of map.parts.root.querySelectorAll("[data-group]")) {
    dot.style.background = map.look.names[dot.dataset.group];
  }
}

/**
 * Decide how each point is painted, and in which order. A few selected points wear rings; among many, rings would hide
 * the colours, so there the others fade.
 */
function restyle(map) {
  if (!map.points) return;
  const { points, kept, selection, hoverCluster } = map;
  const style = new Uint8Array(points.count);
  const selected = selection === null ? 0 : selection.reduce((sum, bit) => sum + bit, 0);
  const ring = selected <= MOST_RINGED ? CHOSEN : 0;
  const fades = selected > 1 && hoverCluster === null;
  for (let i = 0; i < points.count; i++) {
    const chosen = selected > 0 && selection[i] === 1;
    if (kept !== null && kept[i] === 0) style[i] = LEVEL.dimmed;
    else if (hoverCluster === null ? fades && !chosen : points.cluster[i] !== hoverCluster) style[i] = LEVEL.faded;
    else style[i] = LEVEL.plain;
    if (chosen) style[i] |= ring;
  }
  map.plain = style.every((one) => one === LEVEL.plain);
  map.style = style;
  map.order = paintingOrder(style, map.group);
  map.redraw();
}

// ---- drawing

function drawFrame(map) {
  map.frame = null;
  if (!map.points || !map.camera || !map.stage.width) return;
  refreshLook(map);
  const painted = !map.plain || !figureIsCurrent(map);
  if (painted) repaint(map);
  map.parts.points.classList.toggle("hidden", !painted);
  drawOverlay(map.parts.surface, map);
  placeLabels(map);
  if (map.carded !== null) placeCard(map, map.carded);
  map.parts.root.dataset.drawn = painted ? "bitmap" : "plotly";
}

/** Paint the points, unless the bitmap shows them so already: a hovered point changes only what is above them. */
function repaint(map) {
  const { bitmap, order, look, theme } = map;
  const key = [viewKey(map), look.size, theme.key].join();
  if (bitmap.key === key && bitmap.order === order) return;
  paintPoints(bitmap, map, map.camera, map.stage, look);
  bitmap.key = key;
  bitmap.order = order;
}

function figureIsCurrent(map) {
  const shown = map.figure.camera;
  return shown !== null && shown.key === viewKey(map);
}

function viewKey(map) {
  const { camera, stage } = map;
  return [camera.x, camera.y, camera.scale, stage.width, stage.height].join();
}

/** Let Plotly follow once the camera has been still for a moment. */
function rest(map, delay = REST_MS) {
  if (map.figure.type === null) return;
  clearTimeout(map.restTimer);
  map.restTimer = setTimeout(() => requestIdle(() => settleFigure(map)), delay);
}

async function settleFigure(map) {
  if (map.figure.busy || map.press || !map.points || !map.stage.width || figureIsCurrent(map)) return;
  const [key, camera] = [viewKey(map), { ...map.camera }];
  const first = map.figure.camera === null;
  map.figure.busy = true;
  try {
    if (first) await drawFigure(map.parts.figure, map, map.figure.type, camera, map.stage, map.look);
    else await moveFigure(map.parts.figure, camera, map.stage, map.look);
    map.figure.camera = { key };
  } catch (error) {
    console.warn("Plotly could not draw the map; it is drawn without it.", error);
    giveUpFigure(map);
  }
  map.figure.busy = false;
  if (figureIsCurrent(map)) map.redraw();
  else rest(map);
}

/** Do without Plotly: the bitmap goes on showing every point. */
function giveUpFigure(map) {
  map.figure.type = null;
  map.figure.camera = null;
  map.redraw();
}

// ---- camera moves

function setCamera(map, camera) {
  cancelAnimationFrame(map.gliding);
  moveCamera(map, camera);
}

function moveCamera(map, camera) {
  if (!map.points) return;
  map.camera = camera;
  remember(map);
  map.redraw();
  rest(map);
}

function remember(map) {
  views.set(map.runId, { camera: atHome(map) ? null : map.camera, legendOpen: map.legendOpen });
}

function atHome(map) {
  const { camera, home } = map;
  return home !== null && camera !== null && ["x", "y", "scale"].every((axis) => camera[axis] === home[axis]);
}

function homeOf(map) {
  return fittedCamera(map.points.bounds, map.stage, legendWidth(map));
}

function resetView(map) {
  if (!map.points) return;
  map.home = homeOf(map);
  glide(map, map.home);
}

function zoomStep(map, factor) {
  if (!map.points) return;
  glide(map, zoomed(map.camera, map.stage, map.stage.width / 2, map.stage.height / 2, factor, map.home));
}

function glide(map, to) {
  cancelAnimationFrame(map.gliding);
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return moveCamera(map, to);
  const from = map.camera;
  const start = performance.now();
  const step = (now) => {
    const share = Math.min(1, Math.max(0, (now - start) / 180));
    const eased = 1 - (1 - share) ** 3;
    moveCamera(map, share < 1 ? between(from, to, eased) : to);
    if (share < 1) map.gliding = requestAnimationFrame(step);
  };
  map.gliding = requestAnimationFrame(step);
  return undefined;
}

function measure(map) {
  const { stage, surface, points } = map.parts;
  map.stage = {
    width: stage.clientWidth,
    height: stage.clientHeight,
    density: Math.min(window.devicePixelRatio || 1, 2),
  };
  const room = clamp(Math.min(map.stage.width, map.stage.height) / 800, 1, 1.16);
  map.parts.root.style.setProperty("--label-size", `${12.5 * room}px`);
  sizeOverlay(surface, map.stage);
  map.bitmap = newSurface(points, map.stage);
}

function resized(map) {
  const { stage } = map.parts;
  if (!map.points || !stage.clientWidth) return; // A hidden map keeps its view.
  if (stage.clientWidth === map.stage.width && stage.clientHeight === map.stage.height) return;
  const home = atHome(map) || !map.stage.width;
  measure(map);
  map.home = homeOf(map);
  if (home) map.camera = map.home;
  cancelAnimationFrame(map.frame);
  drawFrame(map);
  rest(map);
}
