// Moves of levers on their way to the model: one is under way, the newest of the same lever waits in the place of older ones.
const REST = 300;  // milliseconds without a key after which a lever is let go
function movesOf(send, root, told) {
  const began = new Map();
  let waiting = null, resting = null, held = false, working = false, underway = 0, sent = 0, number = 0;
  function move(lever, value, holding) {
    if (resting?.lever === lever) forget(); else rested();
    if (waiting && waiting.lever !== lever) sendOn();
    held = holding;
    const first = began.get(waiting?.number) ?? performance.now();
    began.delete(waiting?.number);
    waiting = { do: "move", lever, value, held, number: ++number };
    began.set(number, underway ? performance.now() : first);
    if (!underway) queueMicrotask(() => { if (!underway) sendOn(); });  // before the browser paints the lever where it is now
  }
  function sendOn() {
    if (!waiting) return;
    send(waiting);
    underway = sent = waiting.number;
    waiting = null;
    root.dataset.busy = "1";
    told();
  }
  // A press of a key is a step of a drag; the lever is let go when the keys rest.
  function keyed(lever, value) {
    forget();
    resting = { lever, value, timer: setTimeout(rested, REST) };
    root.dataset.busy = "1";
  }
  function forget() {
    clearTimeout(resting?.timer);
    resting = null;
  }
  function rested() {
    if (!resting) return;
    const { lever, value } = resting;
    forget();
    move(lever, value, false);
  }
  return {
    move, keyed,
    get holds() { return Boolean(resting || waiting || underway); },  // the user has moved on from what the model knows
    get held() { return held; },
    get working() { return Boolean(working || underway); },
    // Send at once whatever was moved, as something else is asked for.
    settle() { rested(); sendOn(); },
    // An answer has come: return when its move began, where it is not known any more undefined.
    answered(of) {
      if (of >= underway) underway = 0;
      if (!underway) sendOn();
      const start = began.get(of);
      for (const old of began.keys()) if (old <= of) began.delete(old);
      return start;
    },
    // The model has nothing left to do for a move.
    idle({ number: of, more }) {
      if (of < sent) return;
      underway = 0;
      if (waiting) { sendOn(); return; }
      working = more;
      if (!resting && !working) delete root.dataset.busy;
      told();
    },
    // The model works on something that is no move.
    busy() { working = true; root.dataset.busy = "1"; told(); },
    end: forget,
  };
}
// Loaded again, a page stands where it stood, its state behind `#`, and finds what this tab has kept: the way back and forth, the
// scenarios beside it, the goal.
const PLACE = "cpmodel-explorer";
function keepPlace({ link, past, undone, pins, goal }) {
  history.replaceState(null, "", "#" + link);
  try { sessionStorage.setItem(PLACE, JSON.stringify({ link, past, undone, pins, goal })); } catch { /* a browser may keep nothing */ }
}
function keptAt(link) {
  try {
    const { link: place, ...kept } = JSON.parse(sessionStorage.getItem(PLACE));
    return place === link ? kept : {};
  } catch { return {}; }
}
