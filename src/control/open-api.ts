import { namedSchemas, objectSchema, type Schema } from "./shape.ts";
import { pathOf, type ReceiverName, table } from "./table.ts";
import type { AnyVerb } from "./verb.ts";
import { bodyFields } from "./verb.ts";
import { errorSchema } from "./wire-error.ts";

/** The whole API as OpenAPI 3.1 describes it. */
export function openApi(url: string): object {
  const paths = new Map<string, object>([
    ["/v1/events", { get: eventsOperation }],
    ["/v1/ensemble/waitFor", { post: waitForOperation }],
  ]);
  for (const [receiver, { verbs }] of Object.entries(table)) {
    for (const [name, verb] of Object.entries(verbs)) {
      const path = pathOf(receiver as ReceiverName, name);
      paths.set(path, pathItem(`${receiver}.${name}`, receiver, verb, path));
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "zookeeper-memory-server control API",
      version: "1",
      description:
        "Every verb of an ensemble. Arguments are one JSON object; zxids and session ids are 0x… text, bytes base64.",
    },
    servers: [{ url }],
    security: [{ token: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { ...namedSchemas(), Error: errorSchema },
    },
  };
}

function pathItem(operationId: string, tag: string, verb: AnyVerb, path: string): object {
  const operation = {
    operationId,
    tags: [tag],
    summary: verb.does,
    responses: responses(verb.gives.schema),
  };
  const body = objectSchema(bodyFields(verb));
  const isRequired = body["required"] !== undefined;
  const post = {
    ...operation,
    requestBody: { required: isRequired, content: { "application/json": { schema: body } } },
  };
  const parameters = path.includes("{id}")
    ? { parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }] }
    : {};
  if (verb.reads !== true || verb.takes.length > 0) return { ...parameters, post };
  return {
    ...parameters,
    get: operation,
    post: { ...operation, operationId: `${operationId}.post` },
  };
}

const failed = {
  description: "What was asked, what was seen, how to go on.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
};

function responses(schema: Schema): object {
  if (schema["type"] === "null") return { "204": { description: "Done." }, default: failed };
  const content = { "application/json": { schema } };
  return { "200": { description: "The result.", content }, default: failed };
}

const stream = {
  "200": {
    description: "Server-sent events.",
    content: { "text/event-stream": { schema: { type: "string" } } },
  },
  default: failed,
};

const eventsOperation = {
  operationId: "events",
  tags: ["events"],
  summary: "Events as they happen, with `seq` as id; Last-Event-ID resumes from what is kept.",
  parameters: [
    {
      name: "type",
      in: "query",
      description: "Types, with commas between them; default: all but message.",
      schema: { type: "string" },
    },
    {
      name: "since",
      in: "query",
      description: "Begin with what is kept from this `seq` on.",
      schema: { type: "integer" },
    },
    { name: "Last-Event-ID", in: "header", schema: { type: "integer" } },
  ],
  responses: stream,
};

const waitForOperation = {
  operationId: "ensemble.waitFor",
  tags: ["ensemble"],
  summary: "An event `news` whenever a check should be made again, `failed` when time is over.",
  requestBody: {
    required: true,
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: { what: { type: "string" }, timeout: { type: "integer" } },
          required: ["what"],
        },
      },
    },
  },
  responses: stream,
};
