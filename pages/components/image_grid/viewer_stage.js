/* The picture in the viewer: thumbnail at once, then the file; fitting, full size, panning. */

const STAGE_MARGIN_PX = 20;
const CLOSEST_ZOOM = 8;
const PAN_THRESHOLD_PX = 4;

/** Full images, decoded ahead: the one in view and its neighbours. */
class FullImages {
  constructor() {
    this._known = new Map();
  }

  /** Start loading an image, or find it. Its `ready` resolves when it can be shown without a pause. */
  get(address) {
    if (!this._known.has(address)) {
      const image = new Image();
      image.draggable = false;
      image.alt = "";
      const entry = { image, isReady: false };
      image.src = address;
      entry.ready = image.decode().then(() => {
        entry.isReady = true;
      });
      entry.ready.catch(() => this._known.delete(address)); // asked for again when it is next looked at
      this._known.set(address, entry);
    }
    return this._known.get(address);
  }

  /** Let go of all but these; what is still loading is given up. */
  keep(addresses) {
    for (const [address, entry] of this._known) {
      if (addresses.includes(address)) continue;
      if (!entry.isReady) entry.image.removeAttribute("src");
      this._known.delete(address);
    }
  }
}

class Stage {
  constructor(node, { onZoom, onLeave }) {
    this._node = node;
    this._onZoom = onZoom;
    this._picture = element("div", { class: "picture" });
    this._note = element("div", { class: "note", hidden: true, text: "The full image can’t be shown." });
    node.append(this._picture, this._note);
    this._full = new FullImages();
    this._listen(onLeave);
  }

  /** Show a view's image and load its neighbours. */
  async show(view, index) {
    const address = view.file(index);
    this._address = address;
    this._note.hidden = true;
    this._setNatural(view.widths[index] || 1, view.heights[index] || 1);
    const full = this._full.get(address);
    if (!full.isReady) {
      this._picture.classList.remove("full");
      this._picture.replaceChildren(element("img", { src: view.thumbnail(index), alt: "", draggable: "false" }));
    }
    const neighbours = [index + 1, index - 1].filter((other) => other >= 0 && other < view.length).map((other) => view.file(other));
    this._full.keep([address, ...neighbours]);
    await full.ready.catch(() => null);
    if (this._address !== address) return;
    if (full.isReady) this._showFull(full.image);
    else this._note.hidden = false;
    neighbours.forEach((other) => this._full.get(other));
  }

  _showFull(image) {
    this._picture.classList.add("full");
    this._picture.replaceChildren(image);
    if (image.naturalWidth !== this._width || image.naturalHeight !== this._height) {
      this._setNatural(image.naturalWidth, image.naturalHeight);
    }
  }

  clear() {
    this._address = null;
    this._picture.replaceChildren();
    this._full.keep([]);
  }

  _setNatural(width, height) {
    Object.assign(this, { _width: width, _height: height });
    this._picture.style.width = `${width}px`;
    this._picture.style.height = `${height}px`;
    this.fit();
  }

  _fitting() {
    const across = (this._node.clientWidth - 2 * STAGE_MARGIN_PX) / this._width;
    const down = (this._node.clientHeight - 2 * STAGE_MARGIN_PX) / this._height;
    return Math.min(across, down);
  }

  get _fitScale() {
    return Math.min(this._fitting(), LARGEST_ENLARGEMENT);
  }

  fit() {
    this._zoomed = false;
    this._scale = this._fitScale;
    this._x = (this._node.clientWidth - this._width * this._scale) / 2;
    this._y = (this._node.clientHeight - this._height * this._scale) / 2;
    this._place();
  }

  /** Between the whole image and its full size; a small image, between twice its size and the window's. */
  toggleZoom(point = null) {
    if (this._zoomed) return this.fit();
    const full = this._fitScale < 1 ? 1 : this._fitting();
    this._zoomTo(full, point ?? { x: this._node.clientWidth / 2, y: this._node.clientHeight / 2 });
  }

  _zoomTo(scale, point) {
    const factor = scale / this._scale;
    this._x = point.x - (point.x - this._x) * factor;
    this._y = point.y - (point.y - this._y) * factor;
    this._scale = scale;
    this._zoomed = Math.abs(scale / this._fitScale - 1) > 0.01;
    this._keepInside();
    this._place();
  }

  _keepInside() {
    const along = (position, length, room) =>
      length <= room ? (room - length) / 2 : Math.min(STAGE_MARGIN_PX, Math.max(room - length - STAGE_MARGIN_PX, position));
    this._x = along(this._x, this._width * this._scale, this._node.clientWidth);
    this._y = along(this._y, this._height * this._scale, this._node.clientHeight);
  }

  _place() {
    this._picture.style.transform = `translate(${this._x}px, ${this._y}px) scale(${this._scale})`;
    this._picture.style.setProperty("--square", `${16 / this._scale}px`);
    this._node.classList.toggle("zoomed", this._zoomed);
    this._onZoom(this._scale, this._zoomed);
  }

  _listen(onLeave) {
    const node = this._node;
    new ResizeObserver(() => this._width && (this._zoomed ? (this._keepInside(), this._place()) : this.fit())).observe(node);
    const pointIn = (event) => {
      const { left, top } = node.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    node.addEventListener("wheel", (event) => {
      event.preventDefault();
      const wished = this._scale * Math.exp(-event.deltaY * 0.0016);
      this._zoomTo(Math.max(this._fitScale, Math.min(wished, Math.max(CLOSEST_ZOOM, this._fitScale))), pointIn(event));
    }, { passive: false });
    let press = null;
    node.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button")) return;
      press = { x: event.clientX, y: event.clientY, fromX: this._x, fromY: this._y, pans: false };
      node.setPointerCapture(event.pointerId);
    });
    node.addEventListener("pointermove", (event) => {
      if (!press) return;
      const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
      press.pans ||= Math.hypot(dx, dy) > PAN_THRESHOLD_PX;
      if (!press.pans || !this._zoomed) return;
      [this._x, this._y] = [press.fromX + dx, press.fromY + dy];
      this._keepInside();
      this._place();
    });
    node.addEventListener("pointerup", (event) => {
      if (press && !press.pans) {
        const { left, top, right, bottom } = this._picture.getBoundingClientRect();
        const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
        if (inside) this.toggleZoom(pointIn(event));
        else onLeave();
      }
      press = null;
    });
  }
}
