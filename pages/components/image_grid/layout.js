/* Where every tile goes, computed once for a view, a width and a size, into typed arrays. */

const GAP = 3;
const WIDEST = 3; // width : height of a tile; what is longer is shown whole inside such a tile
const LARGEST_ENLARGEMENT = 2;

/** Width : height of an image's tile, within 1:3 and 3:1. */
function tileAspect(view, index) {
  const aspect = view.widths[index] / view.heights[index];
  return aspect > 0 && Number.isFinite(aspect) ? Math.min(WIDEST, Math.max(1 / WIDEST, aspect)) : 1;
}

class Layout {
  /** `mode` is "rows" (true aspect, justified) or "squares"; `size` is the wished height of a row in pixels. */
  constructor(view, width, size, mode) {
    this.view = view;
    this.width = width;
    this.mode = mode;
    this.left = new Float32Array(view.length);
    this.tileWidth = new Float32Array(view.length);
    this._rowFirst = [];
    this._rowTop = [];
    this._rowHeight = [];
    this.height = 0;
    if (mode === "squares") this._squares(size);
    else this._justified(size);
    this._rowFirst.push(view.length);
  }

  _squares(size) {
    const columns = Math.max(1, Math.round((this.width + GAP) / (size + GAP)));
    const edge = (column) => Math.round((column * (this.width + GAP)) / columns);
    const height = edge(1) - GAP;
    for (let first = 0; first < this.view.length; first += columns) {
      this._startRow(first, height);
      for (let index = first; index < Math.min(first + columns, this.view.length); index += 1) {
        this.left[index] = edge(index - first);
        this.tileWidth[index] = edge(index - first + 1) - GAP - this.left[index];
      }
    }
  }

  _justified(size) {
    let first = 0;
    let aspects = 0;
    for (let index = 0; index < this.view.length; index += 1) {
      const aspect = tileAspect(this.view, index);
      const before = this._fittingHeight(aspects, index - first);
      const after = this._fittingHeight(aspects + aspect, index - first + 1);
      // The row is full; it ends before or after this image, whichever comes closer to the wished height.
      if (after <= size && index > first && before / size < size / after) {
        this._justifyRow(first, index, before, true);
        first = index;
        aspects = 0;
      }
      aspects += aspect;
      const height = this._fittingHeight(aspects, index - first + 1);
      if (height <= size) {
        this._justifyRow(first, index + 1, height, true);
        first = index + 1;
        aspects = 0;
      }
    }
    if (first < this.view.length) this._justifyRow(first, this.view.length, size, false);
  }

  /** Height at which images of these summed aspects fill the width. */
  _fittingHeight(aspects, count) {
    return (this.width - GAP * (count - 1)) / aspects;
  }

  _justifyRow(first, end, height, full) {
    const whole = Math.max(1, Math.round(height));
    this._startRow(first, whole);
    let edge = 0;
    for (let index = first; index < end; index += 1) {
      const left = Math.round(edge);
      edge += tileAspect(this.view, index) * height;
      const right = full && index === end - 1 ? this.width : Math.round(edge);
      this.left[index] = left;
      this.tileWidth[index] = Math.max(1, right - left);
      edge += GAP;
    }
  }

  _startRow(first, height) {
    if (this._rowFirst.length) this.height += GAP;
    this._rowFirst.push(first);
    this._rowTop.push(this.height);
    this._rowHeight.push(height);
    this.height += height;
  }

  get rows() {
    return this._rowTop.length;
  }

  rowOf(index) {
    return lastNotAbove(this._rowFirst, this.rows, index);
  }

  /** The row at, or the last one above, a height in the content. */
  rowAt(y) {
    return Math.max(0, lastNotAbove(this._rowTop, this.rows, y));
  }

  top(index) {
    return this._rowTop[this.rowOf(index)];
  }

  box(index) {
    const row = this.rowOf(index);
    return { left: this.left[index], top: this._rowTop[row], width: this.tileWidth[index], height: this._rowHeight[row] };
  }

  /** [first, end) of the images in a row. */
  inRow(row) {
    return [this._rowFirst[row], this._rowFirst[row + 1]];
  }

  /** [first, end) of the images in the rows that touch top…bottom. */
  between(top, bottom) {
    if (!this.rows) return [0, 0];
    return [this._rowFirst[this.rowAt(top)], this._rowFirst[this.rowAt(bottom) + 1]];
  }

  /** Positions of the images that a rectangle touches. */
  touching(left, top, right, bottom) {
    const found = [];
    const [first, end] = this.between(top, bottom);
    for (let index = first; index < end; index += 1) {
      const box = this.box(index);
      const across = box.left <= right && box.left + box.width >= left;
      if (across && box.top <= bottom && box.top + box.height >= top) found.push(index);
    }
    return found;
  }

  /** The image at a point, the gap around it included; -1 beside and below the images. */
  at(x, y) {
    if (!this.rows || y > this.height || y < 0) return -1;
    const [first, end] = this.inRow(this.rowAt(y));
    for (let index = first; index < end; index += 1) {
      if (x <= this.left[index] + this.tileWidth[index] + GAP) return index;
    }
    return -1;
  }

  /** The image in a row whose middle is closest to x. */
  closestInRow(row, x) {
    const [first, end] = this.inRow(row);
    let best = first;
    let distance = Infinity;
    for (let index = first; index < end; index += 1) {
      const away = Math.abs(this.left[index] + this.tileWidth[index] / 2 - x);
      if (away < distance) [best, distance] = [index, away];
    }
    return best;
  }

  /** How large the picture is inside its tile, and whether it is cropped to it ("cover") or shown whole. */
  picture(index, box) {
    const { widths, heights } = this.view;
    const aspect = widths[index] / heights[index];
    return {
      width: Math.min(box.width, LARGEST_ENLARGEMENT * (widths[index] || box.width)),
      height: Math.min(box.height, LARGEST_ENLARGEMENT * (heights[index] || box.height)),
      fit: aspect > WIDEST || aspect < 1 / WIDEST ? "contain" : "cover",
    };
  }
}

/** Position of the last of `count` rising values that is not above `value`, or -1. */
function lastNotAbove(values, count, value) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
