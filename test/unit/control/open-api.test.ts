import { validate } from "@readme/openapi-parser";
import { expect, test } from "vitest";
import { openApi } from "../../../src/control/open-api.ts";

test("the description is valid OpenAPI", async () => {
  const document = JSON.parse(JSON.stringify(openApi("http://127.0.0.1:1")));
  expect(await validate(document)).toMatchObject({ valid: true, warnings: [] });
});
