"use strict";
const data = JSON.parse(document.getElementById("replay-data").textContent);
const slider = document.getElementById("replay-beat");
const said = document.getElementById("replay-said");
const dots = Array.from(document.querySelectorAll("#replay .player"));
const lines = document.getElementById("replay-pairs");
const crosses = Array.from(document.querySelectorAll("#replay .kill"));
function show() {
  const beat = Number(slider.value);
  dots.forEach(function (dot, n) {
    const place = data.players[n].places[beat];
    dot.classList.toggle("away", !place);
    if (place) dot.setAttribute("transform", "translate(" + place[0] * data.scale[0] + " " + (data.height - place[1] * data.scale[1]) + ")");
  });
  let path = "";
  data.encounters.forEach(function (e) {
    const a = e[2] !== null && data.players[e[2]].places[beat], b = e[3] !== null && data.players[e[3]].places[beat];
    if (e[0] <= beat && beat <= e[1] && a && b) path += "M" + a[0] * data.scale[0] + " " + (data.height - a[1] * data.scale[1]) + "L" + b[0] * data.scale[0] + " " + (data.height - b[1] * data.scale[1]);
  });
  lines.setAttribute("d", path);
  let kills = 0;
  crosses.forEach(function (cross, n) {
    cross.classList.toggle("away", data.kills[n][0] !== beat);
    if (data.kills[n][0] <= beat) kills += 1;
  });
  const seconds = beat * data.step;
  said.textContent = Math.floor(seconds / 60) + " min " + String(seconds % 60).padStart(2, "0") + " s: " + kills + " kills so far";
}
slider.addEventListener("input", show);
slider.disabled = false;
slider.value = 0;
show();
