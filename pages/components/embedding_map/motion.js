// ---- motion: frames, and the camera on its way --------------------------------------------------------------------

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
