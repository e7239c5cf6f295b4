// What several tests stand on instead of a browser and a server.

/** A clock that stands still until told; timers run in the order of their times. */
export class FakeClock {
  #time = 0; #timers = [];
  random = () => 0.5;
  now() { return this.#time; }
  later(task, ms) { this.#timers.push({ at: this.#time + ms, task }); }
  pass(ms) {
    const end = this.#time + ms;
    for (let due; (due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]);) {
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.#time = due.at;
      due.task();
    }
    this.#time = end;
  }
}
