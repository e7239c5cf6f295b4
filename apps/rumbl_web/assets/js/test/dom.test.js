import assert from "node:assert/strict";
import { before, test } from "node:test";
import { webAddress } from "../dom.js";

before(() => { globalThis.document = { baseURI: "https://rumbl.example/watch/1" }; });

test("a web address is kept, a path belongs to this site", () => {
  assert.equal(webAddress("http://cdn.example/a.mp4"), "http://cdn.example/a.mp4");
  assert.equal(webAddress("/static/media/demo.webm"), "https://rumbl.example/static/media/demo.webm");
});

test("nothing, and what is no web address, gives no link", () => {
  for (const text of ["", undefined, null, "javascript:alert(1)", "data:text/html,x", "http://"]) {
    assert.equal(webAddress(text), null, String(text));
  }
});
