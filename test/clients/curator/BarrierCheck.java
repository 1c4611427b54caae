import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;

/** Those who wait at a barrier pass when it is removed, and no kill lets one through before. */
final class BarrierCheck implements Checks.Check {
  private final AtomicBoolean isRemoved = new AtomicBoolean();

  @Override
  public void run(World world) throws Exception {
    DistributedBarrier barrier = new DistributedBarrier(world.connect(), "/barrier");
    barrier.setBarrier();
    List<Future<Boolean>> waiting = new ArrayList<>();
    for (int each = 0; each < 3; each++) {
      CuratorFramework client = world.connect();
      waiting.add(world.inBackground(() -> {
        boolean isThrough = new DistributedBarrier(client, "/barrier").waitOnBarrier(60, TimeUnit.SECONDS);
        World.require(isRemoved.get(), "let through while the barrier stood");
        return isThrough;
      }));
    }
    world.killLeaders();
    isRemoved.set(true);
    barrier.removeBarrier();
    for (Future<Boolean> each : waiting) World.equal(World.result(each), true, "let through");
  }
}
