// ---- points: where every image lies, and quick answers about them -------------------------------------------------

const POINTS_MAGIC = 0x3150554d;
const VIEW_MAGIC = 0x31565543;
const NOISE = -1;

const pointsByAddress = new Map();
const idsByToken = new Map();

/** Fetch once and keep: a rerun or a return to the page must not load the map again. */
function remembered(cache, key, load) {
  if (!cache.has(key)) {
    const loading = load();
    cache.set(key, loading);
    loading.catch(() => cache.delete(key));
    if (cache.size > 4) cache.delete(cache.keys().next().value);
  }
  return cache.get(key);
}

async function fetchedBytes(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.arrayBuffer();
}

function loadPoints(runId, version) {
  const address = `/api/map/${runId}/points?v=${version}`;
  return remembered(pointsByAddress, address, async () => readPoints(await fetchedBytes(address)));
}

function loadIds(token) {
  return remembered(idsByToken, token, async () => readIds(await fetchedBytes(`/api/views/${token}`)));
}

function readPoints(bytes) {
  const head = new Uint32Array(bytes, 0, 4);
  if (head[0] !== POINTS_MAGIC) throw new Error("The map's points are not in a form that this page knows.");
  const count = head[1];
  const x = new Float32Array(bytes, 16, count);
  const y = new Float32Array(bytes, 16 + count * 4, count);
  const cluster = new Int16Array(bytes, 16 + count * 8, count);
  let grid = null;
  return {
    count,
    x,
    y,
    cluster,
    bounds: boundsOf(x, y),
    get grid() {
      return (grid ??= gridOver(x, y)); // Not before the first picture.
    },
  };
}

function readIds(bytes) {
  const head = new Uint32Array(bytes, 0, 4);
  if (head[0] !== VIEW_MAGIC) throw new Error("The list of images is not in a form that this page knows.");
  const count = head[1];
  const letters = new Uint8Array(bytes, 16, count * 12);
  const sizes = new DataView(bytes, 16 + count * 12);
  return {
    count,
    id: (position) => String.fromCharCode(...letters.subarray(position * 12, position * 12 + 12)),
    width: (position) => sizes.getUint16(position * 2, true),
    height: (position) => sizes.getUint16((count + position) * 2, true),
    version: (position) => sizes.getUint32(count * 4 + position * 4, true),
  };
}

function thumbnailAddress(ids, position) {
  return `/api/images/${ids.id(position)}/thumbnail?v=${ids.version(position).toString(16)}`;
}

/** A base64 bitmap, the first image in the highest bit, as one byte an image; null for "". */
function unpackedBits(text, count) {
  if (!text) return null;
  const packed = atob(text);
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = (packed.charCodeAt(i >> 3) >> (7 - (i & 7))) & 1;
  return bits;
}

function boundsOf(x, y) {
  const bounds = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let i = 0; i < x.length; i++) {
    if (x[i] < bounds.left) bounds.left = x[i];
    if (x[i] > bounds.right) bounds.right = x[i];
    if (y[i] < bounds.bottom) bounds.bottom = y[i];
    if (y[i] > bounds.top) bounds.top = y[i];
  }
  return x.length ? bounds : { left: -1, right: 1, bottom: -1, top: 1 };
}

/** Buckets of about two points each, as one array of positions sorted by bucket. */
function gridOver(x, y) {
  const bounds = boundsOf(x, y);
  const side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(x.length / 2))));
  const size = Math.max(bounds.right - bounds.left, bounds.top - bounds.bottom, 1e-6) / side;
  const column = (value) => Math.min(side - 1, Math.max(0, Math.floor((value - bounds.left) / size)));
  const row = (value) => Math.min(side - 1, Math.max(0, Math.floor((value - bounds.bottom) / size)));
  const starts = new Int32Array(side * side + 1);
  const bucket = new Int32Array(x.length);
  for (let i = 0; i < x.length; i++) starts[(bucket[i] = row(y[i]) * side + column(x[i])) + 1]++;
  for (let i = 0; i < side * side; i++) starts[i + 1] += starts[i];
  const filled = starts.slice();
  const items = new Int32Array(x.length);
  for (let i = 0; i < x.length; i++) items[filled[bucket[i]]++] = i;
  return { side, column, row, starts, items };
}

/** The position of the nearest point within `radius` (map units) that `wanted` accepts, or null. */
function nearestPoint(points, x, y, radius, wanted) {
  const { grid } = points;
  let best = null;
  let bestDistance = radius * radius;
  for (let row = grid.row(y - radius); row <= grid.row(y + radius); row++) {
    for (let column = grid.column(x - radius); column <= grid.column(x + radius); column++) {
      const cell = row * grid.side + column;
      for (let at = grid.starts[cell]; at < grid.starts[cell + 1]; at++) {
        const i = grid.items[at];
        const distance = (points.x[i] - x) ** 2 + (points.y[i] - y) ** 2;
        if (distance <= bestDistance && wanted(i)) {
          best = i;
          bestDistance = distance;
        }
      }
    }
  }
  return best;
}

/** The nearest point in a direction (dx, dy), where straying sideways counts double; null at the edge. */
function nextPoint(points, from, dx, dy, wanted) {
  let best = null;
  let bestCost = Infinity;
  for (let i = 0; i < points.count; i++) {
    const ahead = (points.x[i] - points.x[from]) * dx + (points.y[i] - points.y[from]) * dy;
    if (ahead <= 1e-6 || !wanted(i)) continue;
    const aside = Math.abs((points.x[i] - points.x[from]) * dy - (points.y[i] - points.y[from]) * dx);
    if (aside > ahead || ahead + 2 * aside >= bestCost) continue;
    best = i;
    bestCost = ahead + 2 * aside;
  }
  return best;
}

/** Which points lie inside an outline [[x, y], …] in map coordinates, by the even-odd rule: one byte a point. */
function pointsInside(points, outline) {
  const inside = new Uint8Array(points.count);
  const box = boundsOf(outline.map((corner) => corner[0]), outline.map((corner) => corner[1]));
  for (let i = 0; i < points.count; i++) {
    const px = points.x[i];
    const py = points.y[i];
    if (px < box.left || px > box.right || py < box.bottom || py > box.top) continue;
    for (let a = 0, b = outline.length - 1; a < outline.length; b = a++) {
      const [ax, ay] = outline[a];
      const [bx, by] = outline[b];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) inside[i] ^= 1;
    }
  }
  return inside;
}

/** The outline without the corners that lie within `tolerance` of the line (Douglas-Peucker), at most `most` of them. */
function simplifiedOutline(outline, tolerance, most = 500) {
  const kept = new Uint8Array(outline.length);
  kept[0] = kept[outline.length - 1] = 1;
  const open = [[0, outline.length - 1]];
  while (open.length) {
    const [first, last] = open.pop();
    const [far, distance] = farthestCorner(outline, first, last);
    if (distance <= tolerance) continue;
    kept[far] = 1;
    open.push([first, far], [far, last]);
  }
  const simple = outline.filter((_, i) => kept[i]);
  return simple.length <= most ? simple : simplifiedOutline(outline, tolerance * 1.5, most);
}

function farthestCorner(outline, first, last) {
  const [ax, ay] = outline[first];
  const [bx, by] = outline[last];
  const length = Math.hypot(bx - ax, by - ay);
  let far = -1;
  let most = 0;
  for (let i = first + 1; i < last; i++) {
    const [x, y] = outline[i];
    const distance = length
      ? Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
      : Math.hypot(x - ax, y - ay);
    if (distance > most) [far, most] = [i, distance];
  }
  return [far, most];
}

/**
 * Each cluster's densest place, as Map(cluster → {x, y, spread}): the fullest cell of a coarse grid with its neighbours;
 * `spread` is the standard deviation of y there.
 */
function densestPlaces(points, cells = 40) {
  const { bounds } = points;
  const size = Math.max(bounds.right - bounds.left, bounds.top - bounds.bottom, 1e-6) / cells;
  const tallies = new Map();
  for (let i = 0; i < points.count; i++) {
    if (points.cluster[i] === NOISE) continue;
    if (!tallies.has(points.cluster[i])) tallies.set(points.cluster[i], new Map());
    addToTally(tallies.get(points.cluster[i]), cellOf(points, i, bounds, size), points.x[i], points.y[i]);
  }
  return new Map([...tallies].map(([cluster, tally]) => [cluster, fullestPlace(tally)]));
}

const CELL_STRIDE = 4096;

function cellOf(points, i, bounds, size) {
  return Math.floor((points.y[i] - bounds.bottom) / size) * CELL_STRIDE + Math.floor((points.x[i] - bounds.left) / size);
}

/** Sums of a cell: count, x, y, y². */
function addToTally(tally, cell, x, y) {
  let sums = tally.get(cell);
  if (!sums) tally.set(cell, (sums = [0, 0, 0, 0]));
  sums[0] += 1;
  sums[1] += x;
  sums[2] += y;
  sums[3] += y * y;
}

function fullestPlace(tally) {
  let best = [0, 0, 0, 0];
  for (const cell of tally.keys()) {
    const sums = [0, 0, 0, 0];
    for (const row of [-CELL_STRIDE, 0, CELL_STRIDE]) {
      for (const column of [-1, 0, 1]) {
        const near = tally.get(cell + row + column);
        if (near) near.forEach((value, at) => (sums[at] += value));
      }
    }
    if (sums[0] > best[0]) best = sums;
  }
  const [count, x, y, squares] = best;
  return { x: x / count, y: y / count, spread: Math.sqrt(Math.max(squares / count - (y / count) ** 2, 0)) };
}
