/* The sheet of keyboard shortcuts. */

const CONTROL = navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl";
const SHORTCUTS = [
  ["Images", [
    ["Arrow keys", "Move"], ["Enter or double click", "Open"], ["S", "Find similar"], ["T", "Tag the selected"],
    ["G", "True shapes or squares"], ["+ and −", "Larger, smaller"],
  ]],
  ["Selecting", [
    ["Click", "Select one"], [`${CONTROL} + click, Space`, "Add or remove one"], ["Shift + click, arrows", "Select up to here"],
    ["Drag", "Select what it touches"], [`${CONTROL} + A`, "Select all"], ["Esc", "Select nothing"], [`${CONTROL} + Z`, "Undo the last change"],
  ]],
  ["One image", [
    ["← and →", "Previous, next"], ["Z or click", "Full size or fit"], ["Space", "Select or not"], ["S", "Find similar"],
    ["T", "Add a tag"], ["C", "Write the caption"], ["I", "Details"], ["Esc", "Back to the images"],
  ]],
  ["Map", [
    ["Click", "Show what looks like it"], ["L", "Lasso"], ["B", "Box"], ["H", "Move and zoom"], ["0", "Whole map"],
  ]],
];
const BOUNCE_MS = 60;

class ShortcutSheet {
  constructor() {
    this._toggled = 0;
    window.addEventListener("curate:help", () => this.toggle());
    window.addEventListener("keydown", (event) => {
      if (event.key !== "?" || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.toggle();
    });
  }

  /** One key press can arrive twice, as a key and as the event that another component makes of it. */
  toggle() {
    const now = performance.now();
    if (now - this._toggled < BOUNCE_MS) return;
    this._toggled = now;
    if (this._layer) this.close();
    else this._open();
  }

  _open() {
    this._focusBefore = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
    this._layer = overlayHost("shortcuts");
    borrowTheme(this._layer.host, activeGrid()?.parts.root ?? document.body);
    const groups = SHORTCUTS.map(([title, keys]) => element("section", {}, element("h3", { text: title }), shortcutList(keys)));
    const close = iconButton("close", "Close (Esc)", () => this.close());
    const sheet = element("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": "Keyboard shortcuts", tabindex: "-1" },
      element("header", {}, element("h2", { text: "Keyboard shortcuts" }), close), element("div", { class: "groups" }, ...groups));
    const backdrop = element("div", { class: "backdrop", onclick: (event) => event.target === backdrop && this.close() }, sheet);
    this._layer.shadow.append(backdrop);
    overlays().add(this);
    sheet.focus();
  }

  key(event) {
    if (event.key !== "Escape") return false;
    this.close();
    return true;
  }

  close() {
    overlays().remove(this);
    this._layer.host.remove();
    this._layer = null;
    this._focusBefore?.focus({ preventScroll: true });
  }
}

function shortcutList(keys) {
  const rows = keys.map(([key, meaning]) => element("div", { class: "shortcut" }, element("dt", { text: key }), element("dd", { text: meaning })));
  return element("dl", {}, ...rows);
}
