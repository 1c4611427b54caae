import { expect, test } from "vitest";
import { dialectOf } from "../../../src/ensemble/ssl-keys.ts";

const dialect = (keys: Readonly<Record<string, string>>) =>
  dialectOf("ssl.quorum.", (key) => keys[key.replace("ssl.quorum.", "")]);
const suites = (ciphersuites: string) => dialect({ ciphersuites }).suites;

/** Apache's defaults, and others that Java has (X509Util, JSSE). */
test.each([
  ["TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
  ["TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"],
  ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384"],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256"],
  ["TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"],
])("Java's %s is OpenSSL's %s", (java, openSsl) => {
  expect(suites(java)).toBe(openSsl);
});

test("suites keep their order", () => {
  expect(suites("TLS_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256")).toBe(
    "AES256-GCM-SHA384:TLS_AES_128_GCM_SHA256",
  );
});

const newest = "TLS_AES_128_GCM_SHA256";
const older = "TLS_RSA_WITH_AES_128_GCM_SHA256";

test.each([
  [{}, "TLSv1.2", "TLSv1.3"],
  [{ protocol: "TLSv1.2" }, "TLSv1.2", "TLSv1.2"],
  [{ enabledProtocols: "TLSv1.3,TLSv1.1" }, "TLSv1.1", "TLSv1.3"],
  [{ ciphersuites: `${newest},${older}` }, "TLSv1.2", "TLSv1.3"],
  [{ ciphersuites: older }, "TLSv1.2", "TLSv1.2"],
  [{ ciphersuites: newest }, "TLSv1.3", "TLSv1.3"],
])("%j speaks %s to %s", (keys, min, max) => {
  expect(dialect(keys).versions).toEqual({ min, max });
});

test.each([
  [{ ciphersuites: older, enabledProtocols: "TLSv1.3" }, /has no suite for TLSv1\.3$/m],
  [{ ciphersuites: newest, enabledProtocols: "TLSv1.1,TLSv1.2" }, /for TLSv1\.1 to TLSv1\.2$/m],
])("%j is refused: nothing could be spoken", (keys, message) => {
  expect(() => dialect(keys)).toThrow(message);
});

test.each(["TLS_NULL_WITH_NULL_NULL", "ECDHE", "HIGH", "", "TLS_AES_128_GCM_SHA256,"])(
  "%j is refused: OpenSSL has other words for lists",
  (names) => {
    expect(() => suites(names)).toThrow(
      /ssl\.quorum\.ciphersuites=.* is no cipher suite that Node/,
    );
  },
);
