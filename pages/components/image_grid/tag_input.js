/* A text field that completes known tags and offers to create a new one. */

const MOST_OFFERS = 8;

class TagInput {
  /** `known()` returns all tags, `present()` those the image has; `onPick(tag)` is told of a choice. */
  constructor(known, present, onPick) {
    Object.assign(this, { _known: known, _present: present, _onPick: onPick, _offers: [], _chosen: 0 });
    this.field = element("input", {
      type: "text", class: "tag-field", placeholder: "Add a tag", "aria-label": "Add a tag", autocomplete: "off", spellcheck: "false",
      role: "combobox", "aria-expanded": "false",
      oninput: () => this._offer(), onfocus: () => this._offer(), onblur: () => this._hide(),
    });
    this._list = element("ul", { class: "offers", role: "listbox", hidden: true });
    this.node = element("div", { class: "tag-input" }, this.field, this._list);
  }

  /** Take a key; whether it was used. */
  key(event) {
    if (event.key === "Escape") {
      if (this.field.value) this._clear();
      else this.field.blur();
    } else if (event.key === "Enter") this._pick(this._offers[this._chosen]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this._move(event.key === "ArrowDown" ? 1 : -1);
    else return false;
    return true;
  }

  _offer() {
    const typed = this.field.value.trim();
    const present = new Set(this._present());
    const free = this._known().filter((tag) => !present.has(tag));
    const wanted = typed.toLowerCase();
    const starting = free.filter((tag) => tag.toLowerCase().startsWith(wanted));
    const holding = free.filter((tag) => tag.toLowerCase().includes(wanted) && !tag.toLowerCase().startsWith(wanted));
    this._offers = [...starting, ...holding].slice(0, MOST_OFFERS).map((tag) => ({ tag, text: tag }));
    const isNew = typed && !present.has(typed) && !this._known().includes(typed);
    if (isNew) this._offers.push({ tag: typed, text: `Create “${typed}”` });
    this._chosen = 0;
    this._draw();
  }

  _draw() {
    const rows = this._offers.map(({ text, tag }, index) => element("li", {
      role: "option", "aria-selected": String(index === this._chosen), text,
      onpointerdown: (event) => {
        event.preventDefault(); // the field keeps the focus
        this._pick({ tag });
      },
    }));
    this._list.replaceChildren(...rows);
    this._list.hidden = rows.length === 0;
    this.field.setAttribute("aria-expanded", String(rows.length > 0));
  }

  _move(step) {
    if (!this._offers.length) return;
    this._chosen = (this._chosen + step + this._offers.length) % this._offers.length;
    this._draw();
  }

  _pick(offer) {
    if (!offer) return;
    this._onPick(offer.tag);
    this._clear();
  }

  _clear() {
    this.field.value = "";
    this._offer();
  }

  _hide() {
    this._list.hidden = true;
  }
}
