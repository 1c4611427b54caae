import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.zookeeper.data.Stat;

/** Three clients add one to a count, version by version: no acknowledged addition is lost, and none counts twice. */
final class SharedCountCheck implements Checks.Check {
  private final AtomicBoolean isOver = new AtomicBoolean();
  private final Set<Integer> reached = ConcurrentHashMap.newKeySet();

  @Override
  public void run(World world) throws Exception {
    CuratorFramework reader = world.connect();
    List<Future<Void>> workers = new ArrayList<>();
    for (int worker = 0; worker < 3; worker++) {
      SharedCount count = world.opened(new SharedCount(world.connect(), "/count", 0));
      count.start();
      workers.add(world.inBackground(() -> add(count)));
    }
    World.until("additions are acknowledged", () -> !reached.isEmpty());
    world.killLeaders();
    int before = reached.size();
    World.until("additions are acknowledged after the kills", () -> reached.size() > before + 3);
    isOver.set(true);
    for (Future<Void> worker : workers) World.result(worker);

    SharedCount witness = world.opened(new SharedCount(reader, "/count", 0));
    reader.sync().forPath("/count");
    witness.start();
    Stat stat = reader.checkExists().forPath("/count");
    // Each addition is one version, also one whose acknowledgement was lost with the connection, which only adds.
    World.equal(witness.getCount(), stat.getVersion(), "the count");
    World.require(witness.getCount() >= reached.size(), "lost: " + witness.getCount() + " of " + reached.size());
  }

  private Void add(SharedCount count) throws Exception {
    while (!isOver.get()) {
      VersionedValue<Integer> seen = count.getVersionedValue();
      int next = seen.getValue() + 1;
      if (!count.trySetCount(seen, next)) continue;
      World.require(reached.add(next), next + " was acknowledged twice");
    }
    return null;
  }
}
