import fc from "fast-check";
import { expect, test } from "vitest";
import { PathIndex } from "../../../../src/core/tree/path-index.ts";

/** Paths of nodes 1, 2, …, and how often one was compared. */
class Paths {
  readonly all: string[] = [];
  looks = 0;

  isAt(id: number, text: string, units: number): boolean {
    this.looks += 1;
    return this.all[id - 1] === text.slice(0, units);
  }

  add(path: string): number {
    return this.all.push(path);
  }
}

test("finds what was added and not removed, as a map does", () => {
  const op = fc.record({ name: fc.nat(60), removes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(op, { maxLength: 400 }), (ops) => {
      const paths = new Paths();
      const index = new PathIndex(paths);
      const model = new Map<string, number>();
      for (const { name, removes } of ops) {
        const path = `/n${name}`;
        if (model.delete(path)) index.remove(path);
        if (removes) continue;
        const id = paths.add(path);
        index.add(path, id);
        model.set(path, id);
      }
      for (let name = 0; name <= 60; name += 1) {
        const path = `/n${name}`;
        expect(index.find(path)).toBe(model.get(path) ?? 0);
        expect(index.find(`${path}/below`, path.length)).toBe(model.get(path) ?? 0);
      }
      expect(index.size).toBe(model.size);
    }),
  );
});

test("grows and shrinks with what it holds, and a copy is its own", () => {
  const paths = new Paths();
  const index = new PathIndex(paths);
  const pathOf = (id: number): string => `/folder/node-${id}`;
  const ids = Array.from({ length: 10_000 }, (_, at) => at + 1);
  const found = (where: PathIndex): number[] => ids.map((id) => where.find(pathOf(id)));
  for (const id of ids) index.add(pathOf(id), paths.add(pathOf(id)));
  const copy = index.copy(paths);
  expect(found(index)).toEqual(ids);
  for (const id of ids) if (id % 10 !== 0) index.remove(pathOf(id));
  for (let id = 10_001; id <= 30_000; id += 1) {
    index.add(pathOf(id), paths.add(pathOf(id)));
    index.remove(pathOf(id));
  }
  expect([index.size, copy.size]).toEqual([1000, 10_000]);
  expect(found(index)).toEqual(ids.map((id) => (id % 10 === 0 ? id : 0)));
  expect(found(copy)).toEqual(ids);
});

test("of many nodes, one that went is not found, and one that came again is found by its new number", () => {
  const paths = new Paths();
  const index = new PathIndex(paths);
  const ids = Array.from({ length: 10_001 }, (_, at) => at + 1);
  for (const id of ids) index.add(`/n${id}`, paths.add(`/n${id}`));
  const found = ids.map((id) => {
    const path = `/n${id}`;
    const before = [index.find(path), index.find(path)];
    index.remove(path);
    const between = index.find(path);
    index.add(path, paths.add(path));
    return [...before, between, index.find(path), index.find(path)];
  });
  expect(found).toEqual(ids.map((id) => [id, id, 0, 10_001 + id, 10_001 + id]));
});

test("looks at one path to find a node, and at none where there is no node", () => {
  const paths = new Paths();
  const index = new PathIndex(paths);
  for (let id = 1; id <= 20_000; id += 1) index.add(`/n${id}`, paths.add(`/n${id}`));
  for (let id = 1; id <= 20_000; id += 1) index.find(`/n${id}`);
  expect(paths.looks).toBeLessThan(20_000 + 100);
  paths.looks = 0;
  for (let id = 1; id <= 20_000; id += 1) index.find(`/m${id}`);
  expect(paths.looks).toBeLessThan(100);
});
