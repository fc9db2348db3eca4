/* The caption in the viewer: it can be written on the spot, and where its file says something else by now, one of both
   is chosen. Python writes it; the toast says so. */

const LONGEST_CAPTION = 20_000;

class CaptionEditor {
  constructor(act) {
    this._act = act;
    this._saved = "";
    this.field = element("textarea", {
      class: "caption-field", rows: "1", maxlength: String(LONGEST_CAPTION), placeholder: "Add a caption", "aria-label": "Caption",
      oninput: () => this._fit(), onblur: () => this.save(),
    });
    this._conflict = element("div", { class: "conflict", hidden: true });
    this.node = element("div", {}, element("h4", { text: "Caption" }), this.field, this._conflict);
  }

  /** Show an image's caption; what is being written, or on its way, stays. */
  show(id, { caption, caption_in_file: inFile }) {
    const known = caption ?? "";
    const writing = id === this._id && (this._hasFocus() || (this._sent !== undefined && this._sent !== known));
    this._id = id;
    if (!writing) {
      this._sent = undefined;
      this.field.value = known;
      this._saved = this.field.value.trim();  // what the text area makes of it: to look at an image is not to edit it
    }
    this._fit();
    this._offerFile(inFile ?? null);
  }

  /** Another image comes: what was written for the last one is sent. */
  leave() {
    this.save();
    this._id = null;
    this._sent = undefined;
  }

  /** Take a key; whether it was used. All others write. */
  key(event) {
    if (event.key !== "Escape" && !(event.key === "Enter" && (event.ctrlKey || event.metaKey))) return false;
    this.field.blur();
    return true;
  }

  save() {
    const text = this.field.value.trim();
    if (!this._id || text === this._saved) return;
    this._saved = this._sent = text;
    this._act({ kind: "caption", id: this._id, text }, false);
  }

  _hasFocus() {
    return this.field.getRootNode().activeElement === this.field;
  }

  _offerFile(text) {
    this._conflict.hidden = text === null;
    if (text === null) return this._conflict.replaceChildren();
    const decide = (keep) => () => {
      this._sent = undefined;
      this._act({ kind: "keep_caption", id: this._id, keep }, false);
    };
    const choice = (label, keep) => element("button", { type: "button", class: "choice", text: label, onclick: decide(keep) });
    this._conflict.replaceChildren(
      element("p", { class: "warning", text: "The caption file now says:" }),
      element("p", { class: "caption", text }),
      element("div", { class: "choices" }, choice("Use it", "file"), choice("Keep mine", "mine")));
  }

  _fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }
}
