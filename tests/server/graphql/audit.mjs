// Runs the audits of npm's graphql-http against the address in argv and prints them as one JSON array.
// The package is found in the folder that NODE_PACKAGES names, where `npm ci` put it.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_PACKAGES}/package.json`);
const { auditServer } = require("graphql-http");

const results = await auditServer({ url: process.argv[2] });
console.log(
  JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason: reason ?? null }))),
);
