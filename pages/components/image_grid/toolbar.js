/* The line above the tiles: select all, tile size, layout. */

const SMALLEST = 80;
const LARGEST = 360;
const SIZE_STEP = 20;
const USUAL_SIZE = 150;
const SIZE_WHEN_NARROW = 100;

class Toolbar {
  constructor(grid) {
    this._all = element("input", { type: "checkbox", class: "all", onchange: () => grid.toggleAll() });
    this._wording = element("span");
    this._size = element("input", {
      type: "range", min: SMALLEST, max: LARGEST, step: 10, value: grid.size,
      "aria-label": "Size of the images", title: "Size (+ and −)",
      oninput: () => grid.resizeTo(Number(this._size.value)),
    });
    this._mode = iconButton("rows", "", () => grid.switchMode(), { class: "icon-button mode" });
    this._label = element("label", { class: "select-all" }, this._all, this._wording);
    const help = iconButton("keyboard", "Keyboard shortcuts (?)", () => window.dispatchEvent(new CustomEvent("curate:help")));
    grid.parts.bar.append(this._label, element("span", { class: "space" }), this._size, this._mode, help);
  }

  show({ selectable, selected, size, mode }) {
    const everything = selectable > 0 && selected === selectable;
    this._label.hidden = selectable === 0;
    this._all.checked = everything;
    this._all.indeterminate = selected > 0 && !everything;
    this._wording.textContent = wordingOf(selected, selectable);
    this._size.value = size;
    const other = mode === "rows" ? "Squares (G)" : "True shapes (G)";
    if (this._mode.title !== other) {
      this._mode.title = other;
      this._mode.setAttribute("aria-label", other);
      this._mode.replaceChildren(icon(mode === "rows" ? "squares" : "rows"));
    }
  }
}

function wordingOf(selected, selectable) {
  const all = selectable.toLocaleString("en-US");
  if (selected === 0) return `Select all ${all}`;
  if (selected === selectable) return `All ${all} selected`;
  return `${selected.toLocaleString("en-US")} of ${all} selected`;
}
