/* What lies above the page: the viewer and the sheet of shortcuts. The topmost gets the keys. */

class Overlays {
  constructor() {
    this._open = [];
    window.addEventListener("keydown", (event) => this._key(event), true);
  }

  get isOpen() {
    return this._open.length > 0;
  }

  add(overlay) {
    this._open.push(overlay);
    pageRoot()?.setAttribute("inert", "");
  }

  remove(overlay) {
    this._open = this._open.filter((other) => other !== overlay);
    if (!this.isOpen) pageRoot()?.removeAttribute("inert");
  }

  _key(event) {
    const top = this._open.at(-1);
    if (!top || !top.key(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

const overlays = () => pageWide("overlays", () => new Overlays());
const pageRoot = () => document.getElementById("root");

/** A layer over the whole page, in a shadow root of its own so that neither side's styles reach the other. */
function overlayHost(name) {
  const host = element("div", { "data-curate-overlay": name });
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(element("style", { text: OVERLAY_CSS }));
  document.body.append(host);
  return { host, shadow };
}

const BORROWED = ["primary-color", "background-color", "text-color", "border-color", "font"].map((name) => `--st-${name}`);

/** Let an overlay have the page's colours and font. */
function borrowTheme(host, source) {
  const style = getComputedStyle(source);
  for (const name of BORROWED) host.style.setProperty(name, style.getPropertyValue(name));
}
