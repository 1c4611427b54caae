import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;

/** A cache ends with just what was written last, though writes went on while it was cut off. */
final class CacheCheck implements Checks.Check {
  private static final int NODES = 20;
  private final AtomicBoolean isOver = new AtomicBoolean();

  @Override
  public void run(World world) throws Exception {
    CuratorFramework writer = world.connect();
    CuratorFramework reader = world.connect();
    writer.create().forPath("/cached", "root".getBytes());
    CuratorCache cache = world.opened(CuratorCache.build(reader, "/cached"));
    cache.start();
    Future<Map<String, String>> written = world.inBackground(() -> write(writer));
    world.killLeaders();
    isOver.set(true);
    Map<String, String> last = World.result(written);
    World.until("the cache holds what was written last", () -> last.equals(held(cache)));
    writer.delete().forPath("/cached/0");
    last.remove("/cached/0");
    World.until("the cache hears of a deletion", () -> last.equals(held(cache)));
  }

  /** Sets nodes anew in turn, and now and then takes one away. */
  private Map<String, String> write(CuratorFramework client) throws Exception {
    Map<String, String> last = new TreeMap<>(Map.of("/cached", "root"));
    for (int round = 0; !isOver.get() || round % NODES != 0; round++) {
      String path = "/cached/" + round % NODES;
      if (round % 7 == 6 && last.containsKey(path)) {
        client.delete().quietly().forPath(path); // quietly: a second try may find that the first one did it
        last.remove(path);
        continue;
      }
      String value = String.valueOf(round);
      client.create().orSetData().forPath(path, value.getBytes());
      last.put(path, value);
    }
    client.create().orSetData().forPath("/cached/0", "last".getBytes());
    last.put("/cached/0", "last");
    return last;
  }

  private static Map<String, String> held(CuratorCache cache) {
    Map<String, String> held = new TreeMap<>();
    cache.stream().forEach((ChildData node) -> held.put(node.getPath(), new String(node.getData())));
    return held;
  }
}
