import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;

/**
 * Curator's TestingCluster, told line by line what to do: "boot" is answered "ready PORT,PORT,PORT", "close" with "closed", "kill
 * PORT" with "killed", "restart PORT" with "restarted".
 */
public final class Cluster {
  private static TestingCluster cluster;

  public static void main(String[] args) throws Exception {
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      String[] words = line.split(" ");
      System.out.println(carryOut(words[0], words.length > 1 ? Integer.parseInt(words[1]) : 0));
    }
    System.exit(0); // threads of the servers live on
  }

  private static String carryOut(String order, int port) throws Exception {
    switch (order) {
      case "boot":
        cluster = new TestingCluster(3);
        cluster.start();
        List<String> ports =
            cluster.getInstances().stream()
                .map(instance -> Integer.toString(instance.getPort()))
                .collect(Collectors.toList());
        return "ready " + String.join(",", ports);
      case "close":
        cluster.close();
        return "closed";
      case "kill":
        cluster.killServer(instance(port));
        return "killed";
      case "restart":
        cluster.restartServer(instance(port));
        return "restarted";
      default:
        throw new IllegalArgumentException(order);
    }
  }

  private static InstanceSpec instance(int port) {
    return cluster.getInstances().stream()
        .filter(instance -> instance.getPort() == port)
        .findFirst()
        .orElseThrow();
  }
}
