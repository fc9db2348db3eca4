// ---- the component: one map per mount, brought up to date by every rerun ------------------------------------------

const maps = new WeakMap();
const views = new Map();

export default function (component) {
  const { data, parentElement } = component;
  let map = maps.get(parentElement);
  if (!map) {
    map = newMap(parentElement);
    maps.set(parentElement, map);
  }
  map.actions.update(component);
  update(map, data);
  return () => {
    map.leaving.forEach((leave) => leave());
    maps.delete(parentElement);
  };
}

function newMap(parent) {
  const map = {
    parts: partsOf(parent),
    actions: new ActionQueue(),
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
  map.act = (action) => map.actions.send({ ...action, run_id: map.runId ?? map.data.run_id }); // the run on screen
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
  } else if (map.drawn === address) {
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
    if (map.shown.address !== address) return; // a newer map is on its way
    map.shown.address = null;
    map.parts.root.removeAttribute("aria-busy");
    map.parts.message.textContent = "The map could not be loaded. Reload the page to try again.";
    console.error(error);
    return;
  }
  if (map.shown.address !== address) return;
  map.parts.message.textContent = "";
  map.drawn = address;
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
