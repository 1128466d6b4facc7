// The mock's time ticks at its own rate.
"use strict";

function tick() {
  const time = document.querySelector("#mock-time time");
  if (!time || document.hidden) return;
  const moment = new Date(mockNow() * 1000).toISOString();
  const text = `${moment.slice(0, 10)} ${moment.slice(11, 19)}`;
  if (time.textContent === text) return;
  time.setAttribute("datetime", moment);
  time.textContent = text;
}

if (!document.documentElement.dataset.ticks) setInterval(tick, 200);
document.documentElement.dataset.ticks = "on";
