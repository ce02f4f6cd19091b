// Loaded before single-file-cli. It has two ways to the world of its own, beside the browser's: fetch, for what a page
// shows and its scripts may not read, and reading files, for file: addresses. A page could have it ask this machine's
// network and read this machine's files. So fetch goes to the browser that it drives, or through the server's own
// guarded client, and no file is read but those of the program itself.
import fs_now from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const browser = process.env.SNAPSHOT_BROWSER;
const gate = process.env.SNAPSHOT_GATE;
const straight = globalThis.fetch;

globalThis.fetch = (address, options) => {
  const url = new URL(address instanceof Request ? address.url : address);
  if (url.origin === browser && url.pathname.startsWith("/json")) {
    return straight(address, options);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Promise.reject(new TypeError("not a web address"));
  }
  return straight(gate + encodeURIComponent(url.href));
};

// Node reads the program's own modules by the same function, so what lies beside them stays open.
const home = path.resolve(path.dirname(fs_now.realpathSync(process.argv[1])), "..") + path.sep;
const read = fs.readFile;

fs.readFile = (file, options) => {
  const place = path.resolve(file instanceof URL ? fileURLToPath(file) : String(file));
  return place.startsWith(home) ? read(file, options) : Promise.reject(new Error("no file of this machine is read"));
};
syncBuiltinESMExports();
