// ---- card: the picture under the pointer --------------------------------------------------------------------------

const PICTURE = 232;
const LEAST_PICTURE = 72;
const CARD_GAP = 18;
const CARD_EDGE = 8;
const SETTLED_MS = 25;

/** Show the card of the point at `position`: name at once, picture as soon as the pointer has settled on it. */
function showCard(map, position) {
  const { card, picture, cardDot, cardName } = map.parts;
  if (map.carded === position) return;
  map.carded = position;
  const cluster = map.points.cluster[position];
  cardName.textContent = clusterName(map, cluster);
  cardDot.style.background = map.look.names[groupOf(cluster)];
  picture.removeAttribute("src");
  picture.classList.remove("loaded");
  sizePicture(map, position);
  card.hidden = false;
  placeCard(map, position);
  clearTimeout(map.cardTimer);
  map.cardTimer = setTimeout(() => fillCard(map, position), SETTLED_MS);
}

async function fillCard(map, position) {
  const { picture } = map.parts;
  const ids = await idsOf(map);
  if (map.carded !== position || !ids || position >= ids.count) return;
  sizePicture(map, position);
  placeCard(map, position);
  picture.onload = () => picture.classList.add("loaded");
  picture.src = thumbnailAddress(ids, position);
}

function hideCard(map) {
  map.carded = null;
  map.parts.card.hidden = true;
  clearTimeout(map.cardTimer);
}

/** Fetch a picture that will probably be asked for next. */
async function preload(map, position) {
  const ids = await idsOf(map);
  if (!ids || position >= ids.count) return;
  new Image().src = thumbnailAddress(ids, position);
}

async function idsOf(map) {
  try {
    return (map.ids = await loadIds(map.token));
  } catch {
    return null; // The card then shows the cluster's name alone.
  }
}

function sizePicture(map, position) {
  const { frame } = map.parts;
  const known = map.ids && position < map.ids.count;
  const width = known ? map.ids.width(position) || 1 : 1;
  const height = known ? map.ids.height(position) || 1 : 1;
  const scale = PICTURE / Math.max(width, height);
  frame.style.width = `${Math.max(Math.round(width * scale), LEAST_PICTURE)}px`;
  frame.style.height = `${Math.max(Math.round(height * scale), LEAST_PICTURE)}px`;
}

/** Beside the point, on the side that has room, and always whole within the stage. */
function placeCard(map, position) {
  const { card } = map.parts;
  const { stage, camera, points } = map;
  const x = screenX(camera, stage, points.x[position]);
  const y = screenY(camera, stage, points.y[position]);
  const width = card.offsetWidth;
  const height = card.offsetHeight;
  const right = x + CARD_GAP;
  const left = right + width + CARD_EDGE <= stage.width ? right : x - CARD_GAP - width;
  const top = y - height / 2;
  card.style.left = `${clamp(left, CARD_EDGE, stage.width - width - CARD_EDGE)}px`;
  card.style.top = `${clamp(top, CARD_EDGE, stage.height - height - CARD_EDGE)}px`;
}

function clamp(value, least, most) {
  return Math.max(least, Math.min(value, most));
}

function clusterName(map, cluster) {
  if (cluster === NOISE) return "No cluster";
  return map.nameOf.get(cluster) ?? `Cluster ${cluster + 1}`;
}
