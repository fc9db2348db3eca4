/* The tiles in sight: made once, used again for other images as they scroll past. */

const AHEAD_PX = 500; // drawn above and below the window
const NARROW_PX = 92;

const TILE = document.createElement("template");
TILE.innerHTML = `<div class="tile" role="option" tabindex="-1" aria-selected="false">
  <img decoding="async" draggable="false" alt="">
  <span class="failed" hidden></span>
  <button type="button" class="check" tabindex="-1" title="Select (Space)" aria-label="Select"></button>
  <span class="corner">
    <button type="button" class="similar" tabindex="-1" title="Find similar (S)" aria-label="Find similar"></button>
    <button type="button" class="open" tabindex="-1" title="Open (Enter)" aria-label="Open"></button>
  </span>
  <span class="query" hidden>Query</span><span class="score" hidden></span>
</div>`;

function tileTemplate() {
  const tile = TILE.content.firstElementChild;
  if (!tile.dataset.dressed) {
    tile.dataset.dressed = "yes";
    tile.querySelector(".check").append(icon("check"));
    tile.querySelector(".similar").append(icon("similar"));
    tile.querySelector(".open").append(icon("open"));
    tile.querySelector(".failed").append(icon("unshown"), element("span", { text: "Can’t be shown" }));
  }
  return tile;
}

class Tile {
  constructor() {
    this.node = tileTemplate().cloneNode(true);
    this.image = this.node.querySelector("img");
    this._failed = this.node.querySelector(".failed");
    this._query = this.node.querySelector(".query");
    this._score = this.node.querySelector(".score");
    this.address = "";
    this.index = -1;
  }

  /** Show another image; nothing of the former one stays. */
  assign(view, index, { pinned, showScores }) {
    this.index = index;
    this.node.dataset.index = index;
    this.node.setAttribute("aria-posinset", index + 1);
    this.node.setAttribute("aria-setsize", view.length);
    this.node.setAttribute("aria-label", `Image ${index + 1} of ${view.length}`);
    this.node.removeAttribute("title");
    this.node.classList.toggle("pinned", index < pinned);
    this._query.hidden = index >= pinned;
    const score = showScores && index >= pinned ? view.score(index) : null;
    this._score.hidden = score === null;
    if (score !== null) this._score.textContent = score.toFixed(2);
    this._expect(view.thumbnail(index));
  }

  _expect(address) {
    if (address === this.address) return;
    this.drop();
    this.address = address;
  }

  place(box, picture, shift) {
    const { style } = this.node;
    style.transform = `translate(${box.left}px, ${box.top - shift}px)`;
    style.width = `${box.width}px`;
    style.height = `${box.height}px`;
    this.node.classList.toggle("narrow", box.width < NARROW_PX);
    this.image.style.width = `${picture.width}px`;
    this.image.style.height = `${picture.height}px`;
    this.image.style.objectFit = picture.fit;
  }

  get isLoading() {
    return this.image.hasAttribute("src");
  }

  load(seen) {
    if (this.isLoading) return;
    const { address, image } = this;
    image.classList.toggle("known", seen.has(address));
    image.onload = () => {
      seen.add(address);
      image.classList.add("ready");
    };
    image.onerror = () => {
      this._failed.hidden = false;
    };
    image.src = address;
  }

  /** Let go of the image; a request that is under way is given up. */
  drop() {
    this.image.onload = this.image.onerror = null;
    this.image.removeAttribute("src");
    this.image.classList.remove("ready", "known");
    this._failed.hidden = true;
    this.address = "";
  }

  mark(selected, current) {
    if (this._selected === selected && this._current === current) return;
    Object.assign(this, { _selected: selected, _current: current });
    this.node.classList.toggle("selected", selected);
    this.node.classList.toggle("current", current);
    this.node.setAttribute("aria-selected", selected);
    this.node.tabIndex = current ? 0 : -1;
  }
}

/** All tiles of one grid. */
class TileField {
  constructor(content) {
    this._content = content;
    this._live = new Map();
    this._spare = [];
    this._seen = new Set(); // thumbnails that the browser has loaded before
  }

  get(index) {
    return this._live.get(index);
  }

  all() {
    return this._live.values();
  }

  /** Make the tiles of the window and around it, and of the `current` image wherever it is. */
  draw(layout, scroller, current, looks, isSelected) {
    const [first, end] = layout.between(scroller.top - AHEAD_PX, scroller.top + scroller.viewport + AHEAD_PX);
    for (const [index, tile] of this._live) {
      if ((index < first || index >= end) && index !== current) this._release(index, tile);
    }
    for (let index = first; index < end; index += 1) this._show(index, layout, scroller, looks);
    if (current >= 0 && current < layout.view.length) this._show(current, layout, scroller, looks);
    for (const [index, tile] of this._live) tile.mark(isSelected(index), index === current);
    for (const tile of this._spare) tile.node.hidden = true;
    this._load(scroller.fast);
  }


  load() {
    this._load(false);
  }

  /** While scrolling fast only thumbnails that the browser has already: the others are gone before they arrive. */
  _load(fast) {
    for (const tile of this._live.values()) {
      if (!fast || this._seen.has(tile.address)) tile.load(this._seen);
    }
  }

  _show(index, layout, scroller, looks) {
    const { shift } = scroller;
    let tile = this._live.get(index);
    const stale = !tile || tile.layout !== layout || tile.looks !== looks;
    if (!tile) {
      tile = this._spare.pop() ?? new Tile();
      tile.node.hidden = false;
      if (!tile.node.isConnected) this._content.append(tile.node);
      this._live.set(index, tile);
    }
    if (stale) tile.assign(layout.view, index, looks);
    if (stale || tile.shift !== shift) {
      const box = layout.box(index);
      tile.place(box, layout.picture(index, box), shift);
    }
    Object.assign(tile, { layout, looks, shift });
  }

  _release(index, tile) {
    this._live.delete(index);
    tile.drop();
    tile.layout = null;
    this._spare.push(tile); // hidden after drawing, if no other image needs it at once
  }

  /** Let tiles follow their images to new positions, so that what stays in sight is not loaded again. */
  renumber(oldView, newView) {
    const moved = new Map();
    for (const [index, tile] of this._live) {
      const now = newView.indexOf(oldView.id(index));
      if (now === -1) this._release(index, tile);
      else moved.set(now, tile);
    }
    this._live = moved;
  }
}
