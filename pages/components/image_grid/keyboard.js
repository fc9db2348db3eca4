/* Keys of the grid. They work on it and, for the grid that was used last, while nothing on the page has the focus. */

function bindKeyboard(grid) {
  const listener = (event) => {
    if (event.defaultPrevented || isTyping(event) || overlays().isOpen || !belongsTo(grid, event)) return;
    if (gridKey(grid, event)) event.preventDefault();
  };
  window.addEventListener("keydown", listener);
  return () => window.removeEventListener("keydown", listener);
}

function belongsTo(grid, event) {
  if (event.composedPath().includes(grid.parts.root)) return true;
  const target = event.composedPath()[0];
  return activeGrid() === grid && (target === document.body || target === document.documentElement);
}

/** Do what a key asks for; whether it asks for anything. */
function gridKey(grid, event) {
  if (event.altKey) return false;
  const onControl = event.composedPath()[0].closest?.("button, input") !== null && [" ", "Enter"].includes(event.key);
  if (onControl) return false; // the control's own key
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== "a") return false;
    grid.selectAll();
    return true;
  }
  const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
  if (!act || (!grid.view.length && event.key !== "Escape")) return false;
  return act(grid, event) !== false;
}

const KEYS = {
  ArrowLeft: (grid, event) => grid.moveBy(-1, event.shiftKey),
  ArrowRight: (grid, event) => grid.moveBy(1, event.shiftKey),
  ArrowUp: (grid, event) => grid.moveRows(-1, event.shiftKey),
  ArrowDown: (grid, event) => grid.moveRows(1, event.shiftKey),
  PageUp: (grid, event) => grid.movePages(-1, event.shiftKey),
  PageDown: (grid, event) => grid.movePages(1, event.shiftKey),
  Home: (grid, event) => grid.moveTo(0, event.shiftKey),
  End: (grid, event) => grid.moveTo(grid.view.length - 1, event.shiftKey),
  " ": (grid) => grid.toggle(Math.max(0, grid.current)),
  Enter: (grid) => grid.open(Math.max(0, grid.current)),
  Escape: (grid) => grid.clear(),
  s: (grid) => grid.findSimilar(Math.max(0, grid.current)),
  t: (grid) => grid.askForTag(),
  g: (grid) => grid.switchMode(),
  "+": (grid) => grid.resizeBy(1),
  "=": (grid) => grid.resizeBy(1),
  "-": (grid) => grid.resizeBy(-1),
};
