/* A view: the ordered images that a grid shows, read from the bytes that the server sends for a token. */

const VIEW_MAGIC = 0x31565543;
const HAS_SCORES = 1;

class ImageView {
  constructor(token, buffer) {
    const [magic, count, flags] = new Uint32Array(buffer, 0, 3);
    if (magic !== VIEW_MAGIC) throw new Error("The list of images could not be read.");
    this.token = token;
    this.length = count;
    this._letters = new Uint8Array(buffer, 16, 12 * count);
    this._words = new Uint32Array(buffer, 16, 3 * count); // the same ids, three words each: faster to compare
    this.widths = new Uint16Array(buffer, 16 + 12 * count, count);
    this.heights = new Uint16Array(buffer, 16 + 14 * count, count);
    this._versions = new Uint32Array(buffer, 16 + 16 * count, count);
    this._scores = flags & HAS_SCORES ? new Float32Array(buffer, 16 + 20 * count, count) : null;
  }

  static empty(token = "") {
    const buffer = new ArrayBuffer(16);
    new Uint32Array(buffer)[0] = VIEW_MAGIC;
    return new ImageView(token, buffer);
  }

  id(index) {
    return String.fromCharCode(...this._letters.subarray(12 * index, 12 * index + 12));
  }

  /** Position of an image, or -1. */
  indexOf(id) {
    const [first, second, third] = new Uint32Array(Uint8Array.from(id, (letter) => letter.charCodeAt(0)).buffer);
    const words = this._words;
    for (let start = 0; start < words.length; start += 3) {
      if (words[start] === first && words[start + 1] === second && words[start + 2] === third) return start / 3;
    }
    return -1;
  }

  score(index) {
    return this._scores ? this._scores[index] : null;
  }

  thumbnail(index) {
    return `/api/images/${this.id(index)}/thumbnail?v=${this._versions[index].toString(16)}`;
  }

  file(index) {
    return `/api/images/${this.id(index)}/file?v=${this._versions[index].toString(16)}`;
  }

  /** Whether most images of either view are in the other, in the same order: an edit of the list, not another list. */
  resembles(other) {
    if (!this.length || !other.length) return false;
    let shared = 0;
    const [small, large] = this.length < other.length ? [this, other] : [other, this];
    for (let here = 0, there = 0; here < small.length && there < large.length; there += 1) {
      if (small._sameImage(here, large, there)) {
        shared += 1;
        here += 1;
      }
    }
    return shared >= 0.8 * large.length;
  }

  _sameImage(index, other, otherIndex) {
    for (let k = 0; k < 3; k += 1) if (this._words[3 * index + k] !== other._words[3 * otherIndex + k]) return false;
    return true;
  }
}

const RETRY_AFTER_MS = [250, 1000];

/** Fetch a view; a busy server is asked again before giving up. */
async function fetchView(token, signal) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await fetch(`/api/views/${token}`, { signal });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      return new ImageView(token, await answer.arrayBuffer());
    } catch (error) {
      if (signal.aborted || attempt >= RETRY_AFTER_MS.length) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS[attempt]));
    }
  }
}

/** What the server knows of single images; asked again when the workspace's version has risen. */
class DetailsStore {
  constructor() {
    this.version = 0;
    this._known = new Map();
  }

  get(id) {
    const known = this._known.get(id);
    if (known && known.version === this.version) return known.promise;
    const promise = fetch(`/api/images/${id}`).then((answer) => {
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      return answer.json();
    });
    promise.catch(() => this._known.delete(id));
    this._known.set(id, { version: this.version, promise });
    if (this._known.size > 300) this._known.delete(this._known.keys().next().value);
    return promise;
  }

  forget(id) {
    this._known.delete(id);
  }
}
