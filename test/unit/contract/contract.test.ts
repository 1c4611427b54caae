// The package's types are those it promised: drift does not compile, whatever the test below says.
import { expect, test } from "vitest";
import * as apache from "../../../src/apache/index.ts";
import * as client from "../../../src/client/index.ts";
import * as main from "../../../src/index.ts";
import type * as promised from "./promised.d.ts";

/** Methods as functions: TypeScript compares the parameters of methods in both directions, and would let narrower ones pass. */
type Strict<T> = {
  [K in keyof T]: T[K] extends (...given: infer G) => infer R ? (...given: G) => R : T[K];
};
/** An option that is not known any more is no error to TypeScript: all of them may be left out. */
type Takes<To, From> = [Exclude<keyof From, keyof To>] extends [never]
  ? Fits<From, To>
  : { readonly missing: Exclude<keyof From, keyof To> };
type Fits<From, To> = [From] extends [To] ? true : { readonly is: From; readonly doesNotFit: To };

/** What users give: everything that was promised to be taken is. */
type Taken = [
  Takes<main.EnsembleOptions, promised.EnsembleOptions>,
  Takes<main.PeerOptions, promised.PeerOptions>,
  Takes<main.StorageOptions, promised.StorageOptions>,
  Takes<main.ApacheEngine, promised.ApacheEngine>,
  Takes<main.Target, promised.Target>,
  Takes<main.Direction, promised.Direction>,
  Takes<main.WaitOptions, promised.WaitOptions>,
  Takes<main.Feature, promised.Feature>,
  Takes<main.LinkConditions, promised.LinkConditions>,
  Takes<main.LinkSelector, promised.LinkSelector>,
  Takes<main.MessageMatch, promised.MessageMatch>,
  Takes<main.Verdict, promised.Verdict>,
  Takes<main.SessionMatch, promised.SessionMatch>,
  Takes<main.StorageOp, promised.StorageOp>,
  Takes<main.TreeLiteral, promised.TreeLiteral>,
  Takes<main.Snapshot, promised.Snapshot>,
  Takes<main.EventType, promised.EventType>,
  Takes<client.ClientOptions, promised.ClientOptions>,
  Takes<client.CreateMode, promised.CreateMode>,
  Takes<client.Acl, promised.Acl>,
  Takes<client.MultiOp, promised.MultiOp>,
  Takes<client.Watch, promised.Watch>,
];

/** What users get: nothing is missing, and a union has no member that they were not told of. */
type Given = [
  Fits<main.Ensemble, Strict<promised.Ensemble>>,
  Fits<main.Peer, Strict<promised.Peer>>,
  Fits<main.PeerStatus, promised.PeerStatus>,
  Fits<main.EnsembleStatus, promised.EnsembleStatus>,
  Fits<main.Role, promised.Role>,
  Fits<main.Fault, Strict<promised.Fault>>,
  Fits<main.Network, Strict<promised.Network>>,
  Fits<main.Message, promised.Message>,
  Fits<main.Clock, Strict<promised.Clock>>,
  Fits<main.Sessions, Strict<promised.Sessions>>,
  Fits<main.SessionInfo, promised.SessionInfo>,
  Fits<main.Storage, Strict<promised.Storage>>,
  Fits<main.Events, promised.Events>,
  Fits<main.EnsembleEvent, promised.EnsembleEvent>,
  Fits<main.Namespace, Strict<promised.Namespace>>,
  Fits<main.TreeLiteral, promised.TreeLiteral>,
  Fits<main.Snapshot, Strict<promised.Snapshot>>,
  Fits<main.ErrorCode, promised.ErrorCode>,
  Fits<main.ZkmsError, promised.ZkmsError>,
  Fits<client.ZooKeeperClient, Strict<promised.ZooKeeperClient>>,
  Fits<client.ClientState, promised.ClientState>,
  Fits<client.Stat, promised.Stat>,
  Fits<client.WatchEvent, promised.WatchEvent>,
  Fits<client.MultiResult, promised.MultiResult>,
  Fits<client.ZooKeeperError, promised.ZooKeeperError>,
];

/** Does not compile where an entry is no `true`, and says which two types do not fit. */
type AllOf<List extends readonly true[]> = List["length"];

test("what was promised is exported, under its name and for no less", () => {
  const promisedTypes: [AllOf<Taken>, AllOf<Given>] = [22, 25];
  const { startEnsemble, startPeer }: Pick<typeof promised, "startEnsemble" | "startPeer"> = main;
  const { apache: engine }: Pick<typeof promised, "apache"> = apache;
  expect([...promisedTypes, startEnsemble, startPeer, engine]).not.toContain(undefined);
  expect(engine({ java: "java" })).toEqual({ kind: "apache", java: "java" });
  for (const error of [main.ZkmsError, client.ZooKeeperError]) {
    expect(Object.getPrototypeOf(error)).toBe(Error);
  }
});
