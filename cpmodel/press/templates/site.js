"use strict";
{
  const plain = text => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  const input = document.getElementById("search"), found = document.getElementById("found");
  const briefs = [...document.querySelectorAll(".briefs li")], tiles = [...document.querySelectorAll(".map a")];
  const groups = [...document.querySelectorAll(".group")];
  const show = () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    const fits = one => words.every(word => one.dataset.find.includes(word));
    let count = 0;
    for (const brief of briefs) { brief.hidden = !fits(brief); count += brief.hidden ? 0 : 1; }
    for (const group of groups) group.hidden = !group.querySelector(".briefs li:not([hidden])");
    for (const tile of tiles) tile.classList.toggle("away", !fits(tile));
    const say = found.dataset;
    found.textContent = !words.length ? "" : count === 0 ? say.none : count === 1 ? say.one : say.many.replace("{n}", count);
  };
  input.addEventListener("input", show);
  show();
}
