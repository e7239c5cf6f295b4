// What the scenarios share: they tell each step on standard output, and wait for lines on standard input.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Say that a step is done; the last one heard is where a scenario hangs. */
export const done = (step) => console.log(step);

/** Say what the test has to do now, and wait until it has. */
export const please = async (what) => {
  console.log(`PLEASE ${what}`);
  await lines.next();
};

/** A promise and its resolver, which fails by itself after a while. */
export const soon = (what, ms = 20_000) => {
  let resolve;
  const promise = new Promise((ok, fail) => {
    const timer = setTimeout(() => fail(new Error(`${what} did not come within ${ms} ms`)), ms);
    resolve = (value) => { clearTimeout(timer); ok(value); };
  });
  promise.catch(() => {});
  return { promise, resolve };
};

/** The next value that `fits`, told by calling `tell(value)`. */
export const inbox = () => {
  const values = [];
  let waiting = [];
  return {
    tell(value) {
      values.push(value);
      waiting = waiting.filter(({ fits, resolve }) => {
        const at = values.findIndex(fits);
        if (at < 0) return true;
        resolve(values.splice(at, 1)[0]);
        return false;
      });
    },
    next(what, fits = () => true) {
      const { promise, resolve } = soon(what);
      const at = values.findIndex(fits);
      if (at >= 0) resolve(values.splice(at, 1)[0]);
      else waiting.push({ fits, resolve });
      return promise;
    },
    values,
  };
};

/** Wait for what a push is answered with: [status, response]. */
export const answer = (push) => {
  const { promise, resolve } = soon("an answer");
  for (const status of ["ok", "error", "timeout"]) {
    push.receive(status, (response) => resolve([status, response]));
  }
  return promise;
};
