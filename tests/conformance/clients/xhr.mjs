// As much of XMLHttpRequest as phoenix 1.7 needs to poll under Node, which has none.
globalThis.self ??= globalThis; // it looks for it there
globalThis.XMLHttpRequest ??= class {
  #headers = {};
  #abort = new AbortController();
  #ended = false;
  timeout = 0;
  readyState = 0;
  responseText = "";

  open(method, url) { Object.assign(this, { method, url }); }

  setRequestHeader(name, value) { this.#headers[name] = value; }

  abort() {
    this.#ended = true;
    this.#abort.abort();
  }

  async send(body) {
    const timer = this.timeout > 0 && setTimeout(() => this.#end(() => this.ontimeout?.()), this.timeout);
    const { method, url } = this;
    try {
      const answer = await fetch(url, { method, headers: this.#headers, body, signal: this.#abort.signal });
      this.responseText = await answer.text();
      this.readyState = 4;
      this.#end(() => this.onreadystatechange?.());
    } catch {
      this.#end(() => this.onerror?.());
    }
    clearTimeout(timer);
  }

  #end(tell) {
    if (this.#ended) return;
    this.#ended = true;
    tell();
  }
};
