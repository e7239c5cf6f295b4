// Bundle the front end into ../src/rumbl_web/static/assets: `node build.mjs [--dev] [--watch]`.
// The heavy players stay in chunks of their own, which a page loads only when its video needs them.
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const watch = process.argv.includes("--watch");
const dev = watch || process.argv.includes("--dev");
const outdir = fileURLToPath(new URL("../src/rumbl_web/static/assets", import.meta.url));

const options = {
  absWorkingDir: here,
  entryPoints: [
    { in: "js/app.js", out: "app" },
    { in: "css/app.css", out: "app" },
  ],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  chunkNames: "chunks/[name]-[hash]",
  external: ["/static/*"],
  minify: !dev,
  sourcemap: dev ? "linked" : false,
  legalComments: "linked",
  logLevel: watch ? "info" : "warning", // warnings and errors in full, no table of sizes
};

async function size(name) {
  const { size: bytes } = await stat(join(outdir, name));
  return `${name} ${Math.round(bytes / 1000)} kB`;
}

async function build() {
  await esbuild.build(options);
  console.log(`Front end built: ${await size("app.js")}, ${await size("app.css")}`);
}

await rm(outdir, { recursive: true, force: true });
if (watch) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await build().catch((error) => {
    if (!error.errors) throw error; // esbuild has told its own already
    process.exitCode = 1;
  });
}
