/* The mouse: a click selects, a drag draws a rubber band, a double click opens. */

const DRAG_THRESHOLD_PX = 6;
const EDGE_PX = 32; // a band this close to the edge scrolls

function bindPointer(grid) {
  const { port, content } = grid.parts;
  let press = null;

  const tileIndex = (event) => {
    const tile = event.target.closest?.(".tile");
    return tile ? Number(tile.dataset.index) : -1;
  };

  port.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button") || event.offsetX > port.clientWidth) return;
    const start = grid.contentPoint(event);
    const index = tileIndex(event) >= 0 ? tileIndex(event) : grid.layout.at(start.x, start.y);
    press = { start, index, event, band: null };
  });
  port.addEventListener("pointermove", (event) => {
    if (!press || event.pointerType === "touch") return;
    const far = Math.hypot(event.clientX - press.event.clientX, event.clientY - press.event.clientY);
    if (!press.band && far < DRAG_THRESHOLD_PX) return;
    if (!press.band) {
      press.band = new RubberBand(grid, press.start, press.event);
      port.setPointerCapture(event.pointerId);
    }
    press.band.moveTo(event);
  });
  port.addEventListener("pointerup", (event) => {
    if (!press) return;
    const { band, index } = press;
    press = null;
    if (band) band.finish();
    else grid.clicked(index, event);
  });
  port.addEventListener("pointercancel", () => {
    press?.band?.cancel();
    press = null;
  });
  port.addEventListener("dragstart", (event) => event.preventDefault());
  port.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button") && tileIndex(event) >= 0) grid.open(tileIndex(event));
  });
  content.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) pressedTileButton(grid, button, tileIndex(event), event);
  });
  content.addEventListener("pointerover", (event) => grid.hovered(tileIndex(event)));
  content.addEventListener("pointerleave", () => grid.hovered(-1));
}

function pressedTileButton(grid, button, index, event) {
  if (button.classList.contains("similar")) grid.findSimilar(index);
  else if (button.classList.contains("open")) grid.open(index);
  else if (event.shiftKey) grid.selectRange(index, true);
  else grid.toggle(index);
}

/** The rectangle that is drawn to select what it touches. */
class RubberBand {
  constructor(grid, start, event) {
    this._grid = grid;
    this._start = start;
    this._adds = event.shiftKey || event.ctrlKey || event.metaKey;
    this._before = grid.selected.copy();
    this._node = element("div", { class: "band" });
    grid.parts.content.append(this._node);
    this._follow = this._follow.bind(this);
    this._frame = requestAnimationFrame(this._follow);
  }

  moveTo(event) {
    this._pointer = event;
  }

  _follow() {
    this._frame = requestAnimationFrame(this._follow);
    if (!this._pointer) return;
    this._scrollAtEdge();
    const point = this._grid.contentPoint(this._pointer);
    const [left, right] = [Math.min(point.x, this._start.x), Math.max(point.x, this._start.x)];
    const [top, bottom] = [Math.min(point.y, this._start.y), Math.max(point.y, this._start.y)];
    const { style } = this._node;
    style.transform = `translate(${left}px, ${top - this._grid.scroller.shift}px)`;
    style.width = `${right - left}px`;
    style.height = `${bottom - top}px`;
    this._select(left, top, right, bottom);
  }

  _scrollAtEdge() {
    const { scroller, parts } = this._grid;
    const { top, bottom } = parts.port.getBoundingClientRect();
    const above = top + EDGE_PX - this._pointer.clientY;
    const below = this._pointer.clientY - (bottom - EDGE_PX);
    const by = above > 0 ? -above : Math.max(0, below);
    if (by) scroller.scrollTo(scroller.top + by / 2);
  }

  _select(left, top, right, bottom) {
    const selected = this._adds ? this._before.copy() : new SelectedSet(this._before.length);
    for (const index of this._grid.layout.touching(left, top, right, bottom)) {
      if (index >= this._grid.looks.pinned) selected.set(index, true);
    }
    this._grid.showSelection(selected);
  }

  finish() {
    this._stop();
    this._grid.sendSelection(this._adds);
  }

  cancel() {
    this._stop();
    this._grid.showSelection(this._before);
  }

  _stop() {
    cancelAnimationFrame(this._frame);
    this._node.remove();
  }
}
