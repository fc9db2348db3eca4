/* One grid: what it shows, what is selected, and how it tells the page. */

const UNANSWERED_MS = 10_000; // after this long without an echo the page's selection counts again
const TOGETHER_MS = 80; // held arrow keys make one message, not thirty
const HOVER_MS = 350;
const NARROW_GRID_PX = 640;

const mountedGrids = () => pageWide("grids", () => []); // the one used last is last
const activeGrid = () => mountedGrids().at(-1);
const places = () => pageWide("places", () => new Map()); // where each grid was left, by key

class Grid {
  constructor(parentElement, data) {
    this.parts = Object.fromEntries(["root", "bar", "port", "content", "message"].map((name) => [name, parentElement.querySelector(`.${name}`)]));
    this.size = USUAL_SIZE;
    this.mode = remembered("grid.mode", "rows");
    this.view = ImageView.empty();
    this.selected = new SelectedSet(0);
    this.current = this.anchor = -1;
    this.details = pageWide("details", () => new DetailsStore());
    this.data = data;
    this.actions = new ActionQueue();
    this.looks = { pinned: 0, showScores: false };
    this._sequence = data.echo;
    this._tiles = new TileField(this.parts.content);
    this.scroller = new Scroller(this.parts.port, this.parts.content, () => this.draw(), () => this._tiles.load());
    this.layout = new Layout(this.view, 0, this.size, this.mode);
    this._toolbar = new Toolbar(this);
    this._listen();
  }

  _listen() {
    bindPointer(this);
    const unbindKeys = bindKeyboard(this);
    const { root, port } = this.parts;
    const activate = () => mountedGrids().splice(0, Infinity, ...mountedGrids().filter((grid) => grid !== this), this);
    root.addEventListener("pointerdown", activate);
    root.addEventListener("focusin", activate);
    port.addEventListener("focus", () => port.matches(":focus-visible") && this.view.length && this.moveTo(this._firstInSight()));
    activate();
    const clear = () => this.clear();
    const open = ({ detail }) => activeGrid() === this && this.view.indexOf(detail.id) >= 0 && this.open(this.view.indexOf(detail.id));
    window.addEventListener("curate:clear", clear);
    window.addEventListener("curate:open", open);
    const observer = new ResizeObserver(() => this._relayout());
    observer.observe(port);
    this.unmount = () => {
      this._fetching?.abort();
      observer.disconnect();
      unbindKeys();
      window.removeEventListener("curate:clear", clear);
      window.removeEventListener("curate:open", open);
      mountedGrids().splice(0, Infinity, ...mountedGrids().filter((grid) => grid !== this));
      viewer().leave(this);
    };
  }

  /* ---- what the page says ---- */

  update(component) {
    const { data, setStateValue } = component;
    Object.assign(this, { data, _setState: setStateValue });
    this.actions.update(component);
    this.parts.root.style.height = data.height;
    if (data.pinned !== this.looks.pinned || data.show_scores !== this.looks.showScores) {
      this.looks = { pinned: data.pinned, showScores: data.show_scores };
    }
    const changed = this.details.version !== data.version;
    this.details.version = data.version;
    if (data.token !== this._wanted) this._fetch(data.token);
    else if (data.token === this.view.token) this._takeSelection();
    if (changed) viewer().refresh();
    this._answered();
  }

  async _fetch(token) {
    this._wanted = token;
    this._fetching?.abort();
    this._fetching = new AbortController();
    const { signal } = this._fetching;
    try {
      const view = this.data.count === 0 ? ImageView.empty(token) : await fetchView(token, signal);
      if (!signal.aborted) this._swap(view);
    } catch (error) {
      if (!signal.aborted) this._showFailure(token);
    }
  }

  /** Change to another view: the old tiles stay until this moment. */
  _swap(view) {
    const former = this.view;
    const place = this._placeIn(view);
    const hadFocus = this._hasFocus();
    const currentId = this.current >= 0 ? former.id(this.current) : null;
    this._tiles.renumber(former, view);
    this.view = view;
    this.current = this.anchor = currentId ? view.indexOf(currentId) : -1;
    this._takenSequence = undefined;
    this._readSelection();
    this._layOut();
    this.scroller.scrollTo(place());
    this.drawAll();
    if (hadFocus) this._focus();
    this._showMessage(view.length ? null : element("div", {}, element("h3", { text: this.data.empty.title }), element("p", { text: this.data.empty.hint })));
    viewer().viewChanged(this);
  }

  /** How far to scroll in a new view: to the top, unless the list was only edited or the grid comes back. */
  _placeIn(view) {
    if (!this.view.length) {
      const left = places().get(this.data.key);
      return () => (left && left.token === view.token ? left.top : 0);
    }
    if (!view.resembles(this.view)) return () => 0;
    for (let index = this._firstInSight(); index < this.view.length; index += 1) {
      const now = view.indexOf(this.view.id(index));
      const above = this.scroller.top - this.layout.top(index);
      if (now >= 0) return () => this.layout.top(now) + above;
    }
    return () => 0;
  }

  _showFailure(token) {
    if (this.view.length) {
      this._wanted = null; // asked for again with the page's next run; what is on screen stays
      return;
    }
    const again = element("button", { type: "button", class: "again", text: "Try again", onclick: () => this._fetch(token) });
    this._showMessage(element("div", {}, element("h3", { text: "The images could not be loaded." }), again));
  }

  _showMessage(content) {
    this.parts.message.hidden = !content;
    this.parts.message.replaceChildren(...(content ? [content] : []));
  }

  /* ---- layout ---- */

  _relayout() {
    const { clientWidth, clientHeight } = this.parts.port;
    if (clientWidth === this.layout.width && clientHeight === this.scroller.viewport) return;
    this._keepingPlace(() => this._layOut());
  }

  _layOut() {
    const width = this.parts.port.clientWidth;
    if (width && !this._sizeName) this._recallSize(width);
    this.layout = new Layout(this.view, width, this.size, this.mode);
    this.scroller.resize(this.layout.height);
  }

  /** Change the layout; the image that is looked at keeps its place on the screen. */
  _keepingPlace(change) {
    const inSight = this.current >= 0 && this._isInSight(this.current);
    const index = inSight ? this.current : this._firstInSight();
    const above = this.view.length && this.layout.rows ? this.scroller.top - this.layout.top(index) : 0;
    change();
    const started = this.view.length && this.scroller.top > 0;
    this.scroller.scrollTo(started ? this.layout.top(index) + above : 0);
    this.drawAll();
  }

  /** A grid beside something else starts with smaller tiles and remembers a size of its own. */
  _recallSize(width) {
    const narrow = width < NARROW_GRID_PX;
    this._sizeName = narrow ? "grid.size.narrow" : "grid.size";
    this.size = Number(remembered(this._sizeName, narrow ? SIZE_WHEN_NARROW : USUAL_SIZE));
  }

  _firstInSight() {
    if (!this.layout.rows) return 0;
    const row = this.layout.rowAt(this.scroller.top + 1);
    return this.layout.inRow(row)[0];
  }

  _isInSight(index) {
    if (!this.layout.rows) return false;
    const { top, height } = this.layout.box(index);
    return top + height > this.scroller.top && top < this.scroller.top + this.scroller.viewport;
  }

  resizeTo(size) {
    this.size = Math.min(LARGEST, Math.max(SMALLEST, size));
    remember(this._sizeName, this.size);
    this._keepingPlace(() => this._layOut());
  }

  resizeBy(steps) {
    this.resizeTo(this.size + steps * SIZE_STEP);
  }

  switchMode() {
    this.mode = this.mode === "rows" ? "squares" : "rows";
    remember("grid.mode", this.mode);
    this._keepingPlace(() => this._layOut());
  }

  /** Draw the tiles in sight; called for every frame of scrolling. */
  draw() {
    this._tiles.draw(this.layout, this.scroller, this.current, this.looks, (index) => this.selected.has(index));
    if (this.view.length) places().set(this.data.key, { token: this.view.token, top: this.scroller.top });
  }

  /** Draw everything: the selection, the view or the size have changed. */
  drawAll() {
    this.draw();
    this.parts.port.tabIndex = this.current < 0 ? 0 : -1;
    const { pinned } = this.looks;
    this._toolbar.show({
      selectable: Math.max(0, this.view.length - pinned), selected: this.selected.countFrom(pinned), size: this.size, mode: this.mode,
    });
  }

  contentPoint(event) {
    const { left, top } = this.parts.port.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top + this.scroller.top };
  }

  /* ---- selection ---- */

  _takeSelection() {
    const waiting = this.data.echo < this._sequence && performance.now() - this._changedAt < UNANSWERED_MS;
    if (!waiting && this.data.sequence !== this._takenSequence) this._readSelection();
    this.drawAll();
  }

  _readSelection() {
    this._takenSequence = this.data.sequence;
    this.selected = SelectedSet.fromBitmap(this.data.selection, this.view.length);
    viewer().selectionChanged(this);
  }

  /** Show a selection without telling the page yet. */
  showSelection(selected) {
    this.selected = selected;
    this.drawAll();
    viewer().selectionChanged(this);
  }

  /** Tell the page the whole selection; at once, or together with what follows shortly. */
  sendSelection(keepOutside, soon = false) {
    this._sequence += 1;
    this._changedAt = performance.now();
    this._keepOutside = keepOutside && (this._keepOutside ?? true);
    clearTimeout(this._sending);
    this._sending = setTimeout(() => this._flush(), soon ? TOGETHER_MS : 0);
  }

  _flush() {
    if (this._keepOutside === undefined) return;
    clearTimeout(this._sending);
    const keep_outside = this._keepOutside;
    this._keepOutside = undefined;
    this._setState("selection", { token: this.view.token, sequence: this._sequence, ranges: this.selected.ranges(), keep_outside });
  }

  /** Call back once the page knows the selection as it is now. */
  _onceAnswered(then) {
    this._flush();
    if (this.data.echo >= this._sequence) then();
    else this._waiting = then;
  }

  _answered() {
    if (!this._waiting || this.data.echo < this._sequence) return;
    setTimeout(this._waiting, TOGETHER_MS); // the rest of the page is drawn after this component
    this._waiting = null;
  }

  clicked(index, event) {
    if (index < 0) {
      if (!event.shiftKey && !event.ctrlKey && !event.metaKey && this.selected.size) this.clear();
      return;
    }
    const toggles = event.ctrlKey || event.metaKey;
    if (event.shiftKey) return this.selectRange(index, toggles);
    if (toggles) return this.toggle(index);
    this._arrive(index);
    this.anchor = index;
    const selected = new SelectedSet(this.view.length);
    selected.set(index, true);
    this.showSelection(selected);
    this.sendSelection(false);
  }

  toggle(index) {
    this._arrive(index);
    this.anchor = index;
    this.toggleQuietly(index);
  }

  /** Toggle from within the viewer: the focus stays there. */
  toggleQuietly(index) {
    const selected = this.selected.copy();
    selected.set(index, !selected.has(index));
    this.showSelection(selected);
    this.sendSelection(true);
  }

  /** Select from the anchor to here, in place of the selection or in addition to it. */
  selectRange(index, adds) {
    if (this.anchor < 0) this.anchor = Math.max(0, this.current);
    this._arrive(index);
    const selected = adds ? this.selected.copy() : new SelectedSet(this.view.length);
    const { pinned } = this.looks;
    selected.addRange(Math.max(pinned, this.anchor), Math.max(pinned, index));
    this.showSelection(selected);
    this.sendSelection(true, true);
  }

  selectAll() {
    const selected = this.selected.copy();
    if (this.view.length > this.looks.pinned) selected.addRange(this.looks.pinned, this.view.length - 1);
    this.showSelection(selected);
    this.sendSelection(true);
  }

  /** The checkbox: everything, or nothing of this view when everything is selected. */
  toggleAll() {
    const { pinned } = this.looks;
    if (this.selected.countFrom(pinned) < this.view.length - pinned) return this.selectAll();
    this.showSelection(new SelectedSet(this.view.length));
    this.sendSelection(true);
  }

  clear() {
    if (!this.selected.size && !this.data.selected) return false;
    this.showSelection(new SelectedSet(this.view.length));
    this.sendSelection(false);
    return true;
  }

  /* ---- moving about ---- */

  /** Make an image the current one: in sight, with the focus. */
  _arrive(index) {
    this.current = index;
    const box = this.layout.box(index);
    this.scroller.reveal(box.top, box.top + box.height);
    this.drawAll();
    this._focus();
    this._name(index);
  }

  _focus() {
    (this._tiles.get(this.current)?.node ?? this.parts.port).focus({ preventScroll: true });
  }

  _hasFocus() {
    return this.parts.port.contains(this.parts.port.getRootNode().activeElement);
  }

  moveTo(index, extends_ = false) {
    const target = Math.max(0, Math.min(index, this.view.length - 1));
    if (extends_) return this.selectRange(target, false);
    this._arrive(target);
    this.anchor = target;
  }

  moveBy(steps, extends_) {
    this._aim = null;
    this.moveTo(this.current < 0 ? this._firstInSight() : this.current + steps, extends_);
  }

  moveRows(rows, extends_) {
    if (this.current < 0) return this.moveTo(this._firstInSight(), extends_);
    const box = this.layout.box(this.current);
    if (this._aim?.index !== this.current) this._aim = { x: box.left + box.width / 2 };
    const row = this.layout.rowOf(this.current) + rows;
    const target = row < 0 ? 0 : row >= this.layout.rows ? this.view.length - 1 : this.layout.closestInRow(row, this._aim.x);
    this._aim.index = target; // the column that was aimed at holds for further steps up and down
    this.moveTo(target, extends_);
  }

  movePages(pages, extends_) {
    const row = this.layout.rowOf(Math.max(0, this.current));
    const there = this.layout.rowAt(this.layout.top(Math.max(0, this.current)) + pages * this.scroller.viewport);
    this.moveRows(there === row ? pages : there - row, extends_);
  }

  /** Let a reader, and the tooltip, say the image's name. */
  async _name(index) {
    const id = this.view.id(index);
    const details = await this.details.get(id).catch(() => null); // without its details it keeps its number
    const tile = this._tiles.get(index);
    if (!details || !tile || this.view.length <= index || this.view.id(index) !== id) return;
    tile.node.setAttribute("aria-label", details.name);
    tile.node.title = details.name;
  }

  hovered(index) {
    if (index === this._hovered) return;
    this._hovered = index;
    clearTimeout(this._naming);
    if (index >= 0) this._naming = setTimeout(() => this._name(index), HOVER_MS);
  }

  /* ---- doing ---- */

  /** Send a gesture to the page, after the selection that it may be about. */
  act(action) {
    this._flush();
    this.actions.send(action);
  }

  findSimilar(index) {
    this.act({ kind: "similar", id: this.view.id(index) });
  }

  /** Ask the selection bar for its tag box; with nothing selected, for the current image. */
  askForTag() {
    const elsewhere = this.data.echo >= this._sequence && this.data.selected > 0; // selected, but not in this view
    if (!this.selected.size && !elsewhere) {
      if (this.current < 0) return;
      this.toggle(this.current);
    }
    this._onceAnswered(() => window.dispatchEvent(new CustomEvent("curate:tag")));
  }

  open(index) {
    this.current = this.anchor = index;
    this.drawAll();
    viewer().open(this, index);
  }

  /** Back from the viewer. */
  returnTo(index) {
    if (index >= 0 && index < this.view.length) this.moveTo(index);
  }
}
