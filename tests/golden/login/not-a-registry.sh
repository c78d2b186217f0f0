edgectl login example.com/team
