/* The viewer: one image over the whole page, with its details. There is one on a page. */

class Viewer {
  constructor() {
    this._grid = null;
  }

  get isOpen() {
    return this._grid !== null;
  }

  open(grid, index) {
    if (this.isOpen) this._close();
    this._grid = grid;
    this._build();
    overlays().add(this);
    this._go(index);
    this._dialog.focus();
  }

  _build() {
    const layer = overlayHost("viewer");
    borrowTheme(layer.host, this._grid.parts.root);
    const stage = element("div", { class: "stage" },
      iconButton("left", "Previous (←)", () => this._step(-1), { class: "step previous" }),
      iconButton("right", "Next (→)", () => this._step(1), { class: "step next" }));
    const panel = element("aside", { class: "panel", "aria-label": "Details" });
    this._dialog = element("div", { class: "viewer", role: "dialog", "aria-modal": "true", "aria-label": "Image", tabindex: "-1" }, this._header(), stage, panel);
    layer.shadow.append(this._dialog);
    this._layer = layer;
    this._panel = new DetailsPanel(panel, { act: (action, leaves) => this._act(action, leaves), known: () => this._grid.data.tags });
    this._panel.onDoubt = (id) => {
      this._grid?.details.forget(id);
      this.refresh();
    };
    this._showPanel(remembered("viewer.panel", "open") === "open");
    this._stage = new Stage(stage, { onZoom: (scale, zoomed) => this._showZoom(scale, zoomed), onLeave: () => this.close() });
    this._steps = { previous: stage.querySelector(".previous"), next: stage.querySelector(".next") };
  }

  _header() {
    this._crumb = element("span", { class: "crumb" });
    this._name = element("span", { class: "title" });
    this._check = element("button", { type: "button", class: "select", title: "Select (Space)", onclick: () => this._grid.toggleQuietly(this._index) },
      element("span", { class: "circle" }, icon("check")), element("span", { class: "word", text: "Select" }));
    this._zoom = element("button", { type: "button", class: "zoom", title: "Full size or fit (Z)", onclick: () => this._stage.toggleZoom() });
    const similar = element("button", { type: "button", class: "worded", title: "Find similar (S)", onclick: () => this._similar() }, icon("similar"), "Find similar");
    const map = element("button", { type: "button", class: "worded", title: "Show on map (M)", onclick: () => this._showOnMap() }, icon("map"), "Show on map");
    const info = iconButton("info", "Details (I)", () => this._togglePanel());
    return element("header", {}, this._crumb, this._name, element("span", { class: "space" }), this._zoom, this._check, similar, map, info,
      iconButton("close", "Close (Esc)", () => this.close()));
  }

  _go(index) {
    const { view } = this._grid;
    this._index = index;
    this._id = view.id(index);
    this._stage.show(view, index);
    this._name.textContent = "";
    this._showPosition();
    this.selectionChanged(this._grid);
    this._loadDetails();
    for (const near of [index - 1, index + 1]) {
      if (near >= 0 && near < view.length) this._grid.details.get(view.id(near)).catch(() => null); // asked again when shown
    }
  }

  async _loadDetails() {
    const id = this._id;
    const { details } = this._grid;
    this._panel.show(id, details);
    const known = await details.get(id).catch(() => null); // the panel says so
    if (known && this._id === id) this._name.textContent = known.name;
  }

  _showPosition() {
    const { view } = this._grid;
    const here = view.length > this._index && view.id(this._index) === this._id;
    this._crumb.textContent = here ? `${(this._index + 1).toLocaleString("en-US")} of ${view.length.toLocaleString("en-US")}` : "No longer in this list";
    this._steps.previous.disabled = this._index <= 0;
    this._steps.next.disabled = this._index >= view.length - 1;
  }

  _step(by) {
    const { view } = this._grid;
    const gone = this._index >= view.length || view.id(this._index) !== this._id;
    const index = this._index + (gone && by > 0 ? 0 : by); // what followed an image that left has taken its place
    if (index >= 0 && index < view.length) this._go(index);
  }

  /* ---- what the grid tells ---- */

  selectionChanged(grid) {
    if (grid !== this._grid) return;
    const selected = grid.selected.has(this._index);
    this._check.classList.toggle("on", selected);
    this._check.setAttribute("aria-pressed", selected);
    this._check.querySelector(".word").textContent = selected ? "Selected" : "Select";
  }

  viewChanged(grid) {
    if (grid !== this._grid) return;
    const index = grid.view.indexOf(this._id);
    if (index >= 0) this._index = index;
    this._showPosition();
    this.selectionChanged(grid);
  }

  /** The workspace has changed: ask for the details again. */
  refresh() {
    if (!this.isOpen) return;
    this._panel.confirmed();
    this._loadDetails();
  }

  leave(grid) {
    if (grid === this._grid) this._close();
  }

  /* ---- doing ---- */

  key(event) {
    const field = this._panel.input.field;
    if (event.composedPath()[0] === field) return this._panel.input.key(event);
    if (event.composedPath()[0] === this._panel.caption.field) return this._panel.caption.key(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Enter" || (event.key === " " && event.composedPath()[0] !== this._dialog && event.composedPath()[0].closest?.("button"))) return false;
    const act = {
      Escape: () => this.close(),
      ArrowLeft: () => this._step(-1),
      ArrowRight: () => this._step(1),
      Home: () => this._go(0),
      End: () => this._go(this._grid.view.length - 1),
      " ": () => this._grid.toggleQuietly(this._index),
      z: () => this._stage.toggleZoom(),
      s: () => this._similar(),
      m: () => this._showOnMap(),
      i: () => this._togglePanel(),
      t: () => this._typeTag(),
      c: () => this._writeCaption(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    act?.();
    return Boolean(act);
  }

  _similar() {
    this._act({ kind: "similar", id: this._id }, true);
  }

  _showOnMap() {
    this._act({ kind: "show_on_map", id: this._id }, true);
  }

  /** Send a gesture to the page; one that shows something else leaves the viewer first. */
  _act(action, leaves) {
    const grid = this._grid;
    if (leaves) this.close();
    grid.act(action);
  }

  _typeTag() {
    this._showPanel(true);
    this._panel.input.field.focus();
  }

  _writeCaption() {
    this._showPanel(true);
    this._panel.caption.field.focus();
  }

  _togglePanel() {
    this._showPanel(!this._dialog.classList.contains("with-panel"));
  }

  _showPanel(shown) {
    this._dialog.classList.toggle("with-panel", shown);
    remember("viewer.panel", shown ? "open" : "closed");
  }

  _showZoom(scale, zoomed) {
    this._zoom.textContent = `${Math.round(scale * 100)} %`;
    this._zoom.setAttribute("aria-pressed", zoomed);
  }

  close() {
    const { _grid: grid, _index: index } = this;
    this._close();
    grid.returnTo(index);
  }

  _close() {
    this._panel.caption.leave();
    overlays().remove(this);
    this._panel.confirmed();
    this._stage.clear();
    this._layer.host.remove();
    this._grid = null;
  }
}

const viewer = () => pageWide("viewer", () => new Viewer());
