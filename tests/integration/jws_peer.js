// The other side of jws_interop: node jws_peer.js PACKAGES SIGNING_KEY VERIFICATION_KEY answers the
// questions of jws_tool.cc with the npm package jose, which lies in the folder PACKAGES.
"use strict";

const { createRequire } = require("module");
const { readFileSync } = require("fs");
const { createInterface } = require("readline");
const { createPrivateKey, createPublicKey } = require("crypto");

const [packages, signingFile, verificationFile] = process.argv.slice(2);
const jose = createRequire(`${packages}/`)("jose");

async function idOf(key) {
  return jose.calculateJwkThumbprint(await jose.exportJWK(key));
}

const bytesOf = (text) => Buffer.from(text === "-" ? "" : text, "base64url");
const textOf = (bytes) => Buffer.from(bytes).toString("base64url") || "-";

async function main() {
  const signingKey = createPrivateKey(readFileSync(signingFile));
  const verificationKey = createPublicKey(readFileSync(verificationFile));
  const ids = [await idOf(createPublicKey(signingKey)), await idOf(verificationKey)];
  const algorithms = { algorithms: ["ES256"] };

  async function sign(time, payload) {
    return new jose.CompactSign(bytesOf(payload))
      .setProtectedHeader({ kid: ids[0], iat: Number(time), jti: "1", alg: "ES256" })
      .sign(signingKey);
  }

  const answers = {
    id: async () => ids.join(" "),
    sign,
    "sign-detached": async (time, payload) => {
      const [header, , signature] = (await sign(time, payload)).split(".");
      return `${header}..${signature}`;
    },
    verify: async (time, jws) =>
      `ok ${textOf((await jose.compactVerify(jws, verificationKey, algorithms)).payload)}`,
    "verify-detached": async (time, jws, payload) => {
      const [header, middle, signature, ...more] = jws.split(".");
      if (middle !== "" || more.length > 0) throw new Error("not detached");
      const whole = { protected: header, payload: payload === "-" ? "" : payload, signature };
      await jose.flattenedVerify(whole, verificationKey, algorithms);
      return `ok ${payload}`;
    },
  };

  for await (const line of createInterface({ input: process.stdin })) {
    const [what, ...words] = line.split(" ");
    let answer;
    try {
      answer = await answers[what](...words);
    } catch (error) {
      answer = `refused ${String(error.message).split("\n")[0]}`;
    }
    process.stdout.write(`${answer}\n`);
  }
}

main();
