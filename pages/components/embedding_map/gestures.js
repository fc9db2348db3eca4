// ---- gestures: pointer, wheel and keys ----------------------------------------------------------------------------

const HIT_PX = 12;
const INTENT_PX = 40;
const DRAG_PX = 4;
const REST_MS = 260;
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function listen(map) {
  const { surface, root } = map.parts;
  surface.addEventListener("pointerdown", (event) => pressed(map, event));
  surface.addEventListener("pointermove", (event) => moved(map, event));
  surface.addEventListener("pointerup", (event) => released(map, event));
  surface.addEventListener("pointercancel", (event) => forget(map, event));
  surface.addEventListener("pointerleave", () => hover(map, null));
  surface.addEventListener("dblclick", (event) => {
    if (hit(map, ...place(map, event), HIT_PX) === null) resetView(map);
  });
  surface.addEventListener("wheel", (event) => wheeled(map, event), { passive: false });
  surface.addEventListener("contextmenu", (event) => event.ctrlKey && event.preventDefault());
  root.addEventListener("keydown", (event) => mapKey(map, event));
  root.addEventListener("focusout", () => leaveCursor(map));
  const pageKey = (event) => modeKey(map, event);
  window.addEventListener("keydown", pageKey);
  map.leaving.push(() => window.removeEventListener("keydown", pageKey));
}

/** The pointer's place in the stage, in pixels. */
function place(map, event) {
  const box = map.parts.surface.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/** The point within `reach` pixels of a place that the filter keeps, or null. */
function hit(map, px, py, reach) {
  if (!map.points) return null;
  const x = mapX(map.camera, map.stage, px);
  const y = mapY(map.camera, map.stage, py);
  return nearestPoint(map.points, x, y, reach / map.camera.scale, (i) => isKept(map, i));
}

function isKept(map, i) {
  return map.kept === null || map.kept[i] === 1;
}

function operation(event) {
  if (event.altKey) return "remove";
  return event.shiftKey ? "add" : "replace";
}

function pressed(map, event) {
  map.pointers.set(event.pointerId, place(map, event));
  map.parts.surface.setPointerCapture(event.pointerId);
  hover(map, null);
  if (map.pointers.size === 2) return startPinch(map);
  const [x, y] = place(map, event);
  const hand = event.button === 1 || (map.mode === "hand" && !event.shiftKey && !event.altKey);
  const tool = hand ? "hand" : map.mode === "box" ? "box" : "lasso";
  map.press = { x, y, lastX: x, lastY: y, tool, button: event.button, op: operation(event), moved: false };
  if (event.button === 1) event.preventDefault();
  return undefined;
}

function moved(map, event) {
  const [x, y] = place(map, event);
  if (map.pointers.has(event.pointerId)) map.pointers.set(event.pointerId, [x, y]);
  if (map.pinch) return pinched(map);
  const { press } = map;
  if (!press) return hover(map, [x, y]);
  if (!press.moved && Math.hypot(x - press.x, y - press.y) < DRAG_PX) return undefined;
  press.moved = true;
  if (press.tool === "hand") {
    setCursor(map, "grabbing");
    setCamera(map, panned(map.camera, x - press.lastX, y - press.lastY));
  } else if (press.button === 0) {
    extendOutline(map, press, x, y);
  }
  [press.lastX, press.lastY] = [x, y];
  return undefined;
}

function extendOutline(map, press, x, y) {
  map.drawing ??= { op: press.op, outline: [[press.x, press.y]] };
  if (press.tool === "box") {
    map.drawing.outline = [[press.x, press.y], [x, press.y], [x, y], [press.x, y]];
  } else {
    map.drawing.outline.push([x, y]);
  }
  map.redraw();
}

function released(map, event) {
  const { press, drawing } = map;
  forget(map, event);
  if (!press) return;
  const [x, y] = place(map, event);
  if (drawing) finishOutline(map, press, drawing);
  else if (!press.moved && press.button === 0) clicked(map, event, hit(map, x, y, HIT_PX));
  hover(map, [x, y]);
}

function forget(map, event) {
  map.pointers.delete(event.pointerId);
  if (map.pointers.size < 2) map.pinch = null;
  map.press = null;
  map.drawing = null;
  map.redraw();
}

function finishOutline(map, press, drawing) {
  if (drawing.outline.length < 3) return;
  const simple = press.tool === "box" ? drawing.outline : simplifiedOutline(drawing.outline, 0.7);
  if (simple.length < 3) return;
  const outline = simple.map(([px, py]) => [mapX(map.camera, map.stage, px), mapY(map.camera, map.stage, py)]);
  selectHere(map, pointsInside(map.points, outline), press.op);
  if (press.tool === "box") {
    const [[x0, y0], , [x1, y1]] = outline;
    map.act({ kind: "box", x0: Math.min(x0, x1), y0: Math.min(y0, y1), x1: Math.max(x0, x1), y1: Math.max(y0, y1), op: press.op });
  } else {
    map.act({ kind: "lasso", points: outline, op: press.op });
  }
}

function clicked(map, event, position) {
  if (position === null) return;
  if (event.altKey) {
    pickCluster(map, map.points.cluster[position], event.shiftKey ? "add" : "replace");
  } else if (event.shiftKey || event.ctrlKey || event.metaKey) {
    toggle(map, position);
  } else {
    map.query = position;
    map.redraw();
    map.act({ kind: "similar", position });
  }
}

function toggle(map, position) {
  const only = new Uint8Array(map.points.count);
  only[position] = 1;
  selectHere(map, only, map.selection?.[position] ? "remove" : "add");
  map.act({ kind: "add", position });
}

function pickCluster(map, cluster, op) {
  if (map.points) selectHere(map, Uint8Array.from(map.points.cluster, (own) => Number(own === cluster)), op);
  map.act({ kind: "cluster", id: cluster, op });
}

/** Show a change of the selection at once; the next selection that Python sends replaces it. */
function selectHere(map, members, op) {
  const before = map.selection;
  const next = new Uint8Array(map.points.count);
  for (let i = 0; i < next.length; i++) {
    const member = members[i] === 1 && isKept(map, i);
    const was = op !== "replace" && before !== null && before[i] === 1;
    next[i] = Number(op === "remove" ? was && !member : was || member);
  }
  map.selection = next;
  map.selectedHere = { sequence: map.sequence, at: performance.now() };
  map.restyle();
}

function wheeled(map, event) {
  event.preventDefault();
  const [x, y] = place(map, event);
  const lines = event.deltaMode === 1 ? 16 : 1;
  const speed = event.ctrlKey ? 0.01 : 0.0016;
  hover(map, null);
  setCamera(map, zoomed(map.camera, map.stage, x, y, Math.exp(-clamp(event.deltaY * lines, -300, 300) * speed), map.home));
}

function startPinch(map) {
  const [[ax, ay], [bx, by]] = [...map.pointers.values()];
  map.press = null;
  map.drawing = null;
  map.pinch = { span: Math.hypot(bx - ax, by - ay), x: (ax + bx) / 2, y: (ay + by) / 2 };
}

function pinched(map) {
  const before = map.pinch;
  startPinch(map);
  const { span, x, y } = map.pinch;
  const shifted = panned(map.camera, x - before.x, y - before.y);
  setCamera(map, zoomed(shifted, map.stage, x, y, span / Math.max(before.span, 1), map.home));
}

/** Follow the pointer: the point under it, its card, and the picture that comes next. */
function hover(map, where) {
  const position = where ? hit(map, ...where, HIT_PX) : null;
  if (position !== map.hovered) {
    map.hovered = position;
    map.redraw();
  }
  if (position === null) hideCard(map);
  else showCard(map, position);
  setCursor(map, position === null ? (map.mode === "hand" ? "grab" : "crosshair") : "pointer");
  if (where && position === null) intend(map, where);
}

function intend(map, where) {
  clearTimeout(map.intentTimer);
  map.intentTimer = setTimeout(() => {
    const near = hit(map, ...where, INTENT_PX);
    if (near !== null) preload(map, near);
  }, 40);
}

function setCursor(map, cursor) {
  if (map.parts.surface.style.cursor !== cursor) map.parts.surface.style.cursor = cursor;
}

/** Keys of a focused map. */
function mapKey(map, event) {
  if (!map.points || event.ctrlKey || event.metaKey || event.altKey || event.target !== map.parts.root) return;
  const direction = DIRECTIONS[event.key];
  const key = event.key.toLowerCase();
  if (direction) moveCursor(map, ...direction);
  else if (key === "enter" && map.cursor !== null) clicked(map, {}, map.cursor);
  else if (key === " " && map.cursor !== null) toggle(map, map.cursor);
  else if (key === "c" && map.cursor !== null) pickCluster(map, map.points.cluster[map.cursor], "replace");
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function moveCursor(map, dx, dy) {
  const wanted = (i) => isKept(map, i);
  const start = map.cursor ?? map.query ?? hit(map, map.stage.width / 2, map.stage.height / 2, map.stage.width);
  const next = map.cursor === null ? start : nextPoint(map.points, start, dx, dy, wanted);
  if (next === null) return;
  map.cursor = next;
  bringIntoView(map, next);
  showCard(map, next);
  map.parts.live.textContent = clusterName(map, map.points.cluster[next]);
  map.redraw();
}

function leaveCursor(map) {
  map.cursor = null;
  hideCard(map);
  map.redraw();
}

function bringIntoView(map, i) {
  const x = screenX(map.camera, map.stage, map.points.x[i]);
  const y = screenY(map.camera, map.stage, map.points.y[i]);
  const inside = clamp(x, 40, map.stage.width - 40) === x && clamp(y, 40, map.stage.height - 40) === y;
  if (!inside) setCamera(map, panned(map.camera, map.stage.width / 2 - x, map.stage.height / 2 - y));
}

/** Keys that work wherever the page's focus is, except while someone types. */
function modeKey(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event)) return;
  if (!map.parts.root.isConnected || map.parts.root.offsetParent === null) return;
  const key = event.key.toLowerCase();
  if (key === "h") setMode(map, "hand");
  else if (key === "l") setMode(map, "lasso");
  else if (key === "b") setMode(map, "box");
  else if (key === "0") resetView(map);
  else if (key === "+" || key === "=") zoomStep(map, 1.6);
  else if (key === "-") zoomStep(map, 1 / 1.6);
  else if (key === "escape") escaped(map, event);
}

function escaped(map, event) {
  if (map.drawing) {
    map.press = null;
    map.drawing = null;
    map.redraw();
  } else if (event.composedPath().includes(map.parts.root)) {
    if (map.points) selectHere(map, new Uint8Array(map.points.count), "replace");
    map.act({ kind: "clear" });
  }
}

function typing(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

function setMode(map, mode) {
  map.mode = mode;
  for (const button of map.parts.modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  setCursor(map, mode === "hand" ? "grab" : "crosshair");
}
