/* Which positions of a view are selected. */

class SelectedSet {
  constructor(length) {
    this._flags = new Uint8Array(length);
    this.size = 0;
  }

  /** From the page's bitmap: base64, the first image in the highest bit; "" for none. */
  static fromBitmap(bitmap, length) {
    const selected = new SelectedSet(length);
    const bytes = bitmap ? atob(bitmap) : "";
    for (let index = 0; index < length && index >> 3 < bytes.length; index += 1) {
      if (bytes.charCodeAt(index >> 3) & (0x80 >> (index & 7))) selected.set(index, true);
    }
    return selected;
  }

  get length() {
    return this._flags.length;
  }

  has(index) {
    return this._flags[index] === 1;
  }

  set(index, chosen) {
    if (this.has(index) === chosen) return;
    this._flags[index] = chosen ? 1 : 0;
    this.size += chosen ? 1 : -1;
  }

  /** Select first…last, in either order. */
  addRange(first, last) {
    for (let index = Math.min(first, last); index <= Math.max(first, last); index += 1) this.set(index, true);
  }

  countFrom(first) {
    let count = this.size;
    for (let index = 0; index < first; index += 1) count -= this._flags[index];
    return count;
  }

  copy() {
    const made = new SelectedSet(0);
    made._flags = this._flags.slice();
    made.size = this.size;
    return made;
  }

  /** Inclusive [first, last] pairs. */
  ranges() {
    const found = [];
    for (let index = this._flags.indexOf(1); index !== -1; ) {
      let end = this._flags.indexOf(0, index);
      if (end === -1) end = this._flags.length;
      found.push([index, end - 1]);
      index = this._flags.indexOf(1, end);
    }
    return found;
  }
}
