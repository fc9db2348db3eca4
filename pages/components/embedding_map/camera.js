// ---- camera: which part of the map the screen shows ---------------------------------------------------------------
// A camera is {x, y, scale}: the map's coordinates at the stage's centre, and pixels per unit. y points up.

const INSETS = { top: 56, right: 30, bottom: 34, left: 30 };

function screenX(camera, stage, x) {
  return stage.width / 2 + (x - camera.x) * camera.scale;
}

function screenY(camera, stage, y) {
  return stage.height / 2 - (y - camera.y) * camera.scale;
}

function mapX(camera, stage, px) {
  return camera.x + (px - stage.width / 2) / camera.scale;
}

function mapY(camera, stage, py) {
  return camera.y - (py - stage.height / 2) / camera.scale;
}

/** The camera that shows all of `bounds`, clear of the toolbar, and of a legend `legendWidth` pixels wide. */
function fittedCamera(bounds, stage, legendWidth) {
  const left = Math.max(INSETS.left, legendWidth);
  const width = Math.max(stage.width - left - INSETS.right, 60);
  const height = Math.max(stage.height - INSETS.top - INSETS.bottom, 60);
  const spanX = Math.max(bounds.right - bounds.left, 1e-6);
  const spanY = Math.max(bounds.top - bounds.bottom, 1e-6);
  const scale = Math.min(width / spanX, height / spanY);
  return {
    x: (bounds.left + bounds.right) / 2 - (left - INSETS.right) / 2 / scale,
    y: (bounds.bottom + bounds.top) / 2 + (INSETS.top - INSETS.bottom) / 2 / scale,
    scale,
  };
}

function panned(camera, dx, dy) {
  return { x: camera.x - dx / camera.scale, y: camera.y + dy / camera.scale, scale: camera.scale };
}

/** Zoom by `factor`, keeping what is under the pixel (px, py) where it is. */
function zoomed(camera, stage, px, py, factor, home) {
  const scale = Math.min(Math.max(camera.scale * factor, home.scale * 0.4), home.scale * 400);
  const x = mapX(camera, stage, px);
  const y = mapY(camera, stage, py);
  return { x: x - (px - stage.width / 2) / scale, y: y + (py - stage.height / 2) / scale, scale };
}

function between(from, to, share) {
  const scale = Math.exp(Math.log(from.scale) + (Math.log(to.scale) - Math.log(from.scale)) * share);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, scale };
}
