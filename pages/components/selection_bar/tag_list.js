/* One list that adds and removes: every tag with a tri-state box and its count in the selection; typing completes or creates. */

const ROWS_SHOWN = 60;

class TagList {
  constructor(onChoose, onClose) {
    this.onChoose = onChoose;
    this.onClose = onClose;
    this.active = 0;
    this.input = element("input", {
      type: "text", class: "tag-input", placeholder: "Tag these images…", "aria-label": "Tag", maxlength: 100,
      autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "true", "aria-controls": "tag-rows",
      oninput: () => { this.active = 0; this.draw(); },
      onkeydown: (event) => this.onKey(event),
    });
    this.rows = element("div", { class: "tag-rows", id: "tag-rows", role: "listbox", "aria-multiselectable": "true" });
    this.note = element("div", { class: "tag-note" });
    this.root = element("div", { class: "tag-list", role: "dialog", "aria-label": "Tags of the selected images" }, this.input, this.rows, this.note);
    this.root.hidden = true;
  }

  update({ count, outside, tags }) {
    this.count = count;
    this.tags = tags;
    this.note.textContent = `Applies to ${plural(count, "selected image")}${outside ? ` (${outside.toLocaleString("en-US")} not in view)` : ""}`;
    if (!this.root.hidden) this.draw();
  }

  get open() { return !this.root.hidden; }

  show() {
    this.root.hidden = false;
    this.input.value = "";
    this.active = 0;
    this.draw();
    this.input.focus({ preventScroll: true });
  }

  hide() {
    if (this.root.hidden) return;
    this.root.hidden = true;
    this.onClose();
  }

  choices() {
    const typed = this.input.value.trim();
    const wanted = typed.toLowerCase();
    const matching = this.tags.filter(([tag]) => tag.toLowerCase().includes(wanted));
    if (wanted) matching.sort((a, b) => b[0].toLowerCase().startsWith(wanted) - a[0].toLowerCase().startsWith(wanted));
    const rows = matching.slice(0, ROWS_SHOWN).map(([tag, selected, total]) => ({ tag, selected, total }));
    const exact = this.tags.some(([tag]) => tag === typed);
    if (typed && !exact) rows.push({ tag: typed, selected: 0, total: 0, created: true });
    else if (typed) rows.sort((a, b) => (b.tag === typed) - (a.tag === typed));
    return rows;
  }

  draw() {
    this.shown = this.choices();
    this.active = Math.max(0, Math.min(this.active, this.shown.length - 1));
    this.rows.replaceChildren(...this.shown.map((row, index) => this.row(row, index)));
    if (!this.shown.length) this.rows.append(element("div", { class: "tag-hint", text: "No tags yet. Type one and press Enter." }));
    this.rows.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }

  row(row, index) {
    const state = row.selected === 0 ? "false" : row.selected === this.count ? "true" : "mixed";
    const box = element("span", { class: "tag-box" }, state === "false" ? null : icon(state === "true" ? "check" : "minus"));
    const label = row.created
      ? element("span", { class: "tag-name" }, "Create ", element("b", { text: `“${row.tag}”` }))
      : element("span", { class: "tag-name", text: row.tag });
    const counts = row.created ? `on ${this.count.toLocaleString("en-US")}` : `${row.selected.toLocaleString("en-US")} of ${this.count.toLocaleString("en-US")}`;
    return element("div", {
      class: `tag-row${index === this.active ? " active" : ""}`, role: "option", "aria-selected": state === "true", "aria-checked": state,
      title: state === "true" ? `Take “${row.tag}” off all of them` : `Tag ${plural(this.count - row.selected, "more image")}`,
      onmousedown: (event) => event.preventDefault(),
      onclick: () => this.choose(row, false),
      onmousemove: () => { if (this.active !== index) { this.active = index; this.draw(); } },
    }, box, label, element("span", { class: "tag-count", text: counts }));
  }

  choose(row, close) {
    this.onChoose(row.selected === this.count && !row.created ? "untag" : "tag", row.tag);
    this.input.value = "";
    if (close) this.hide();
    else this.draw();
  }

  onKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.active += event.key === "ArrowDown" ? 1 : -1;
      this.draw();
    } else if (event.key === "Enter") {
      if (this.shown[this.active]) this.choose(this.shown[this.active], true);
    } else if (event.key === "Escape") {
      this.hide();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
