import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;

/** Of three that want to lead one does, never two; another takes over when it leaves and when its session expires. */
final class LeaderLatchCheck implements Checks.Check {
  private record Contender(CuratorFramework client, LeaderLatch latch) {}

  private final List<Contender> contenders = new ArrayList<>();
  private final AtomicInteger leading = new AtomicInteger();
  private final AtomicInteger leadingMax = new AtomicInteger();

  @Override
  public void run(World world) throws Exception {
    for (String id : List.of("a", "b", "c")) contenders.add(contender(world, id));
    theLeader(); // there is one
    world.killLeaders();
    Contender first = theLeader();
    World.equal(leadingMax.get(), 1, "leaders at a time");

    // From here on two may think so: the recipe takes its node away before it steps down, and an expired leader hears of its
    // lost connection before or after the heir hears of its node.
    first.latch.close();
    contenders.remove(first);
    Contender second = theLeader();
    world.expire(second.client);
    contenders.remove(second);
    Contender third = theLeader();
    World.until("the expired one has stepped down", () -> !second.latch.hasLeadership());
    World.require(third.latch.hasLeadership(), "the expired one came back before its heir");
  }

  private Contender contender(World world, String id) throws Exception {
    CuratorFramework client = world.connect();
    LeaderLatch latch = world.opened(new LeaderLatch(client, "/latch", id));
    // Called within the change itself, so that the sum is exact: one that lost leadership counts down before its node goes.
    latch.addListener(new LeaderLatchListener() {
      @Override
      public void isLeader() {
        leadingMax.accumulateAndGet(leading.incrementAndGet(), Math::max);
      }

      @Override
      public void notLeader() {
        leading.decrementAndGet();
      }
    });
    latch.start();
    return new Contender(client, latch);
  }

  /** After a kill each stands again, so that one may lead for a moment and then the next. */
  private Contender theLeader() throws Exception {
    AtomicReference<Contender> found = new AtomicReference<>();
    World.until("one leads", () -> {
      contenders.stream().filter(each -> each.latch.hasLeadership()).findFirst().ifPresent(found::set);
      return found.get() != null;
    });
    return found.get();
  }
}
