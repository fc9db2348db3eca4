/* What Streamlit calls: once when the grid is mounted, and again with every run of the page. */

const gridOf = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  pageWide("shortcuts", () => new ShortcutSheet());
  if (!gridOf.has(parentElement)) gridOf.set(parentElement, new Grid(parentElement, data));
  const grid = gridOf.get(parentElement);
  grid.update(component);
  return () => {
    grid.unmount();
    gridOf.delete(parentElement);
  };
}
