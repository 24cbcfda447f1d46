import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { slug } from "../src/slug.js";

describe("slug", () => {
  it("keeps letters and digits", () => {
    assert.equal(slug("Catch 22"), "catch-22");
  });

  it("takes accents away", () => {
    assert.equal(slug("Crème brûlée!"), "creme-brulee");
  });
});
