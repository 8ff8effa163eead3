// What is asked of the scenario on screen: beside what was kept, what it would take, what each measure adds. Controls are made
// once; what is told under them is filled again: a button that is replaced while it is pressed never hears of the click.
const WANTED = [0.5, 0.66, 0.8, 0.9];  // odds that may be asked for
function questionParts(page) {
  const w = (key) => page.w(key), get = (name) => page.get(name);
  const blockOf = (block) => (block.text !== undefined ? make("p", {}, block.text) : make("div", { class: "scroll" },
    make("table", {}, make("caption", {}, block.caption), make("thead", {}, make("tr", {}, ...block.columns.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...block.rows.map((row) => make("tr", {}, ...row.map((cell, i) => make(i ? "td" : "th", i ? { class: "number" } : { scope: "row" }, cell || "–")))))),
    ...block.notes.map((note) => make("p", { class: "quiet" }, note))));
  const fullName = (lever) => (lever.owner_label ? `${lever.owner_label[page.language]}: ` : "") + lever.label[page.language];
  return {
    pins(box) {
      box.replaceChildren(make("h3", {}, w("compare.title")), make("button", { type: "button", "data-do": "pin", onclick: () => page.send({ do: "pin" }) }, w("compare.pin")), page.slot("pinned"));
    },
    pinned(box) {
      const pins = get("pins"), year = get("answer").years?.at(-1);
      box.replaceChildren();
      if (!pins.length) { box.append(make("p", { class: "quiet" }, w("compare.empty"))); return; }
      if (pins.some((pin) => pin.paired)) box.append(make("p", { class: "quiet" }, filled(w("compare.lead"), { year })));
      pins.forEach((pin, index) => {
        const away = make("button", { type: "button", "aria-label": `${w("compare.unpin")}: ${pin.title[page.language]}`, onclick: () => page.send({ do: "unpin", index }) }, w("compare.unpin"));
        box.append(make("p", {}, make("strong", {}, pin.title[page.language]), " ", away));
        if (!pin.paired) { box.append(make("p", { class: "quiet" }, pin.waiting ? w("compare.waiting") : w("compare.other_years"))); return; }
        box.append(make("div", { class: "charts" }, ...Object.entries(pin.bands).map(([name, data]) => {
          const count = COUNTS.includes(name), scale = count ? 1 : 100;
          const places = decimalsOf(scale * Math.max(...["p10", "p50", "p90"].map((q) => Math.abs(data[q].at(-1)))));
          const last = (q) => figure(scale * data[q].at(-1), page.language, places);
          const told = `${last("p50")} (${last("p10")}; ${last("p90")}) ${count ? "" : w("unit.points")} · ${filled(w("compare.gained"), { share: odds(pin.gaining[name], page.language) })}`;
          return make("figure", {}, make("figcaption", {}, w("fan." + name)), gap(name, data, pin.years, page.language, `${w("fan." + name)}: ${told}`), make("p", { class: "quiet" }, told));
        })));
      });
    },
    take(box) {
      const taken = get("taken"), choices = page.levers.filter((lever) => lever.kind === "slider" && lever.value !== null && !lever.id.startsWith("activity"));
      const wanted = make("select", { id: "cpx-wanted" }, ...WANTED.map((value) => make("option", { value, selected: value === 0.66 }, percent(value, page.language))));
      const pick = make("select", { id: "cpx-take" }, ...choices.map((lever) => make("option", { value: lever.id, selected: lever.id === (taken.lever ?? "budgets.scale") }, fullName(lever))));
      const cap = make("input", { id: "cpx-cap", type: "number", min: 1, max: 100000, step: 1 });
      const ask = (name, told) => make("button", { type: "button", "data-do": name, onclick: () => page.send({ do: name, wanted: Number(wanted.value), ...told() }) }, w(name + ".ask"));
      box.replaceChildren(make("h3", {}, w("take.title")), make("div", { class: "bar" }, make("label", { for: "cpx-wanted" }, w("take.wanted")), wanted),
        make("h4", {}, w("take.one")), make("div", { class: "bar" }, make("label", { for: "cpx-take" }, w("take.lever")), pick, ask("take", () => ({ lever: pick.value }))), page.slot("taken"),
        make("h4", {}, w("package.title")), make("div", { class: "bar" }, make("label", { for: "cpx-cap" }, w("package.cap")), cap,
        ask("package", () => ({ cap: cap.value ? Number(cap.value) : null }))), page.slot("package"));
    },
    taken(box) {
      const taken = get("taken"), lever = page.levers.find((one) => one.id === taken.lever);
      box.replaceChildren();
      if (lever) box.append(make("p", { "data-taken": taken.said }, filled(w(taken.said), { wanted: percent(taken.wanted, page.language), lever: fullName(lever),
        value: valueText(lever, taken.value, page), odds: taken.odds[page.language] })), make("p", { class: "quiet" }, w("take.note")));
    },
    package(box) {
      const found = get("package"), act = (name, key) => make("button", { type: "button", "data-do": name, onclick: () => page.send({ do: name }) }, w(key));
      if (!found.state) { box.replaceChildren(); return; }
      const stage = found.stage ? w("package.stage." + found.stage) : "", count = found.of > 1 ? `${found.done}/${found.of}` : found.done || "";
      const said = make("p", { role: "status", "data-package": found.state }, filled(w("package." + found.state), { title: found.title?.[page.language], stage, count, why: found.why }));
      box.replaceChildren(said);
      if (found.state === "running") box.append(make("progress", found.of > 1 ? { max: found.of, value: found.done, "aria-label": stage } : { "aria-label": stage }), " ", act("stop_package", "package.stop"));
      const blocks = found.told?.[page.language];
      if (!blocks) return;
      const [verdict, packages, ...rest] = blocks.map(blockOf);
      verdict.classList.add("verdict");
      box.append(verdict, act("take_package", "package.take"), packages, make("details", {}, make("summary", {}, w("about")), ...rest));
    },
    wedges(box) {
      const { rows, year, draws, total, synergy } = get("wedges"), points = (value) => figure(100 * value, page.language, 1);
      box.replaceChildren(make("h3", {}, w("wedges.title")), make("button", { type: "button", "data-do": "wedges", onclick: () => page.send({ do: "wedges" }) }, w("wedges.ask")));
      if (!rows) return;
      const told = rows.map((row) => ({ ...row, name: row.name[page.language], variant: "H1" }));
      box.append(make("p", { class: "quiet" }, filled(w("wedges.lead"), { year, draws: figure(draws, page.language, 0), total: points(total), synergy: points(synergy) })),
        bars(told, page.language, told.map((row) => `${row.name}: ${points(row.p50)}`).join("; "), 190));
    },
  };
}
