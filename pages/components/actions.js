/* Gestures on their way to Python. Streamlit lets a newer trigger of a component replace one that still waits for the
   page to run, so every message carries all gestures that Python has not answered; it runs each number once. */

class ActionQueue {
  constructor() {
    this._waiting = [];
    this._last = 0;
  }

  /** Take over what the page says: the last number that Python handled, and how to reach it. Call on every update. */
  update({ data, setTriggerValue }) {
    this._setTrigger = setTriggerValue;
    this.acknowledge(data.handled);
  }

  acknowledge(handled) {
    this._waiting = this._waiting.filter(({ number }) => number > handled);
    this._last = Math.max(this._last, handled);
  }

  /** Numbers count from the clock, as they have to rise over remounts and reloads within a session. */
  send(action) {
    this._last = Math.max(this._last + 1, Date.now());
    this._waiting.push({ number: this._last, action });
    this._setTrigger("action", { list: [...this._waiting] });
  }
}
