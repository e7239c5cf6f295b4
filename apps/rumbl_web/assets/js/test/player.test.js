import assert from "node:assert/strict";
import { test } from "node:test";
import { explainMediaError, Player } from "../player/contract.js";

class FakeMedia extends EventTarget {
  currentTime = 0; duration = NaN; paused = true; error = null;
  async play() { this.paused = false; }
  pause() { this.paused = true; }
  load(duration) {
    this.duration = duration;
    this.dispatchEvent(new Event("loadedmetadata"));
  }
}

test("times are whole milliseconds, 0 while unknown", () => {
  const media = new FakeMedia();
  const player = new Player(media);
  assert.equal(player.duration(), 0);
  media.load(60.5);
  media.currentTime = 7.2509;
  assert.deepEqual([player.duration(), player.currentTime()], [60_500, 7250]);
});

test("it is ready once, when the length is known", () => {
  const media = new FakeMedia();
  const player = new Player(media);
  let ready = 0;
  player.addEventListener("ready", () => { ready += 1; });
  media.dispatchEvent(new Event("loadedmetadata"));
  media.load(10);
  media.load(10);
  assert.equal(ready, 1);
});

test("a seek before it is ready happens when it is", () => {
  const media = new FakeMedia();
  const player = new Player(media);
  player.seekTo(4000);
  assert.equal(media.currentTime, 0);
  media.load(10);
  assert.equal(media.currentTime, 4);
});

test("a seek beyond the end goes to the end", () => {
  const media = new FakeMedia();
  const player = new Player(media);
  media.load(10);
  player.seekTo(99_000);
  assert.equal(media.currentTime, 10);
});

test("an error of the element is told in words", () => {
  const media = new FakeMedia();
  const player = new Player(media);
  let told = null;
  player.addEventListener("error", ({ detail }) => { told = detail; });
  media.error = { code: 4 };
  media.dispatchEvent(new Event("error"));
  assert.deepEqual(told, explainMediaError({ code: 4 }));
});

test("trying again is offered where it may help: not for a damaged video", () => {
  assert.deepEqual([2, 3, 4, undefined].map((code) => explainMediaError({ code }).retry), [true, false, true, true]);
});

test("a browser that does not let it play is no error", async () => {
  const media = new FakeMedia();
  media.play = () => Promise.reject(new Error("NotAllowedError"));
  await new Player(media).play();
});
