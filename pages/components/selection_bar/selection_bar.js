/* The bar itself, and the keys that belong to it: T opens the tags, Esc clears, Ctrl-Z undoes. */

class SelectionBar {
  constructor(root) {
    this.root = root;
    this.host = root.querySelector(".bar-host");
    this.list = new TagList((kind, tag) => this.act({ kind, tag }), () => this.tagButton.focus({ preventScroll: true }));
    this.toasts = new ToastStack(root.querySelector(".toast-host"), (id) => this.act({ kind: "undo", operation_id: id }));
    this.count = element("span", { class: "bar-count" });
    this.tagButton = element("button", { type: "button", class: "bar-main", title: "Tag the selected images (T)", onclick: () => this.toggleTags() }, "Tag");
    const similar = element("button", { type: "button", class: "bar-plain", title: "Find images like these", onclick: () => this.act({ kind: "similar" }) }, "Find similar");
    const clear = element("button", { type: "button", class: "bar-plain", title: "Clear the selection (Esc)", onclick: () => this.act({ kind: "clear" }) }, "Clear");
    this.bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Selected images" }, this.count, this.tagButton, similar, clear);
    this.frame = element("div", { class: "frame" }, this.list.root, this.bar);
    this.host.append(this.frame);
    this.opened = null;
    this.actions = new ActionQueue();
    this.listen();
  }

  listen() {
    this.stops = new AbortController();
    const { signal } = this.stops;
    window.addEventListener("curate:tag", () => this.showTags(), { signal });
    window.addEventListener("curate:clear", () => this.act({ kind: "clear" }), { signal });
    window.addEventListener("keydown", (event) => this.onKey(event), { signal });
    window.addEventListener("pointerdown", (event) => {
      if (this.list.open && !event.composedPath().includes(this.frame)) this.list.hide();
    }, { signal, capture: true });
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.root.host ?? this.root);
    window.addEventListener("resize", () => this.place(), { signal });
  }

  onKey(event) {
    if (isTyping(event)) return;
    const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (undo) {
      event.preventDefault();
      this.act({ kind: "undo", operation_id: this.toasts.takeUndoable() });
    } else if (event.key.toLowerCase() === "t" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.showTags();
    }
  }

  /** Keep the bar in the middle of the page's content, whatever the side panel's width. */
  place() {
    const { left, width } = (this.root.host ?? this.root).getBoundingClientRect();
    if (width) (this.root.host ?? this.root).style?.setProperty("--middle", `${left + width / 2}px`);
  }

  update(component) {
    const { data } = component;
    this.actions.update(component);
    this.data = data;
    this.frame.hidden = data.count === 0;
    if (data.count === 0) this.list.root.hidden = true;
    this.count.replaceChildren(element("b", { text: data.count.toLocaleString("en-US") }), " selected",
      data.outside ? element("span", { class: "bar-outside", text: ` (${data.outside.toLocaleString("en-US")} not in view)` }) : "");
    this.list.update(data);
    this.toasts.update(data.toast);
    this.place();
    if (this.opened !== null && data.opened > this.opened) this.showTags();
    this.opened = data.opened;
  }

  act(action) {
    if (action.kind === "clear" && !this.data.count) return;
    this.actions.send(action);
  }

  showTags() {
    if (this.data.count && !this.list.open) this.list.show();

  }

  toggleTags() {
    if (this.list.open) this.list.hide();
    else this.showTags();
  }

  unmount() {
    this.stops.abort();
    this.observer.disconnect();
  }
}

const barOf = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!barOf.has(parentElement)) barOf.set(parentElement, new SelectionBar(parentElement));
  const bar = barOf.get(parentElement);
  bar.update(component);
  return () => {
    bar.unmount();
    barOf.delete(parentElement);
  };
}
