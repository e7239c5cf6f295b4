// Runs the script of the guide's page with the least of a page that it needs, says hello, and prints what is shown.
import { createRequire } from "node:module"

const [script, modules, url, token] = process.argv.slice(2)
const { WebSocket } = createRequire(`${modules}/`)("ws")

class Element {
  children = []
  listeners = {}
  elements = { text: { value: "hello" } }
  append(child) { this.children.push(child) }
  replaceChildren(...children) { this.children = children }
  addEventListener(event, listener) { this.listeners[event] = listener }
  reset() { this.done = true }
}

const page = { here: new Element(), said: new Element(), say: new Element() }
const { protocol, host } = new URL(url)
globalThis.location = { protocol, host }
globalThis.WebSocket = WebSocket
globalThis.alert = (text) => { throw new Error(text) }
globalThis.document = {
  body: { dataset: { room: "lobby", token } },
  createElement: () => new Element(),
  getElementById: (id) => page[id],
}
await import(script)

const until = async (condition) => {
  const end = Date.now() + 20000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still not: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const texts = (element) => element.children.map((child) => child.textContent)
await until(() => page.here.children.length)
page.say.listeners.submit({ preventDefault() {} })
await until(() => page.said.children.length && page.say.done)
console.log(JSON.stringify({ here: texts(page.here), said: texts(page.said) }))
process.exit(0)
