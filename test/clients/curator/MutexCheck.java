import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;

/** Three clients read a number and write the next one, each within the mutex: nobody meets another there, no number is lost. */
final class MutexCheck implements Checks.Check {
  private final AtomicBoolean isOver = new AtomicBoolean();
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger passed = new AtomicInteger();

  @Override
  public void run(World world) throws Exception {
    CuratorFramework reader = world.connect();
    reader.create().forPath("/number", "0".getBytes());
    List<Future<Integer>> workers = new ArrayList<>();
    for (int worker = 0; worker < 3; worker++) {
      CuratorFramework client = world.connect();
      workers.add(world.inBackground(() -> count(client)));
    }
    World.until("the mutex is in use", () -> passed.get() > 0);
    world.killLeaders();
    int before = passed.get();
    World.until("the mutex is passed on after the kills", () -> passed.get() > before + 3);
    isOver.set(true);
    int sum = 0;
    for (Future<Integer> worker : workers) sum += World.result(worker);
    World.equal(World.read(reader, "/number"), String.valueOf(sum), "the number");
    reader.sync().forPath("/mutex");
    World.equal(reader.getChildren().forPath("/mutex"), List.of(), "who still wants the mutex");
  }

  /** How often it was inside. */
  private int count(CuratorFramework client) throws Exception {
    InterProcessMutex mutex = new InterProcessMutex(client, "/mutex");
    int times = 0;
    while (!isOver.get()) {
      mutex.acquire();
      try {
        World.equal(inside.incrementAndGet(), 1, "clients inside");
        int number = Integer.parseInt(World.read(client, "/number"));
        client.setData().forPath("/number", String.valueOf(number + 1).getBytes());
        inside.decrementAndGet();
      } finally {
        mutex.release();
      }
      times++;
      passed.incrementAndGet();
    }
    return times;
  }
}
