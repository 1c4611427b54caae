/// <reference types="zookeeper-memory-server/vitest/global-setup" />
import { defineConfig } from "vitest/config";

// One ensemble for the whole run; tests ask for it with inject("zookeeper").
export default defineConfig({
  test: { globalSetup: "zookeeper-memory-server/vitest/global-setup" },
});
